//! `urval serve`: the pages and the API, and the worker that lets the model read what comes in.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::open::{Folder, app_for, model};
use super::worker::{keep_house, named, work};
use super::{Ended, Failure, runtime};
use crate::casework::App;
use crate::casework::accounts::SECOND_FACTOR_ROLES;
use crate::casework::federation::providers::Providers;
use crate::casework::work::Worker;
use crate::subject::role::Role;
use crate::web::address::ProxyRange;
use crate::web::outbound::Outbound;
use crate::web::uploads::Uploads;
use crate::web::{DemoLogin, Web, router};

/// Where and how to serve.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is one switch of the command line")]
pub struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080", env = "URVAL_LISTEN", value_name = "HOST:PORT")]
    pub listen: SocketAddr,
    /// PostgreSQL address; without it the SQLite file in the data folder is used.
    #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// The service is reached over plain HTTP: cookies are not marked `Secure`. Only for this
    /// machine, never for a network.
    #[arg(long)]
    pub plain_http: bool,
    /// Address or range of a proxy whose X-Forwarded-For is believed; may be given more than once.
    /// Without it the caller's address is the socket's.
    #[arg(
        long = "trusted-proxy",
        env = "URVAL_TRUSTED_PROXY",
        value_delimiter = ',',
        value_name = "IP/BITS"
    )]
    pub trusted_proxies: Vec<ProxyRange>,
    /// Take no files: applicants can only paste text. For hosts where the process that reads documents cannot be
    /// shut in (Landlock, seccomp); without this `serve` does not start there.
    #[arg(long, env = "URVAL_TAKE_NO_FILES")]
    pub take_no_files: bool,
    /// Lets no model read here: `urval worker` does, in processes of their own.
    #[arg(long)]
    pub no_worker: bool,
    /// Every role needs a second factor, not only hiring manager, programme lead, data-protection
    /// officer, registrar and operator.
    #[arg(long)]
    pub second_factor_for_all: bool,
    /// This host's key as a witness of other logs, made by `urval audit witness-key`.
    #[arg(long, env = "URVAL_WITNESS_KEY", value_name = "FILE", requires = "witness_logs")]
    pub witness_key: Option<PathBuf>,
    /// The verifier keys of the logs that it watches, one a line.
    #[arg(long, env = "URVAL_WITNESS_LOGS", value_name = "FILE", requires = "witness_key")]
    pub witness_logs: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When keys, database, policies or address cannot be used. A missing model is not a failure: review
/// goes on without AI, and `/readyz` says so.
pub fn run(data: &Path, given: Arguments) -> Result<Ended, Failure> {
    super::process::leave_no_core()?;
    let folder = Folder::at(data)?;
    let providers = super::oidc::providers(&folder)?;
    let encoder = match model(&folder) {
        Ok(encoder) => Some(encoder),
        Err(Failure(text)) => {
            eprintln!("urval: serving without AI support: {text}");
            None
        }
    };
    runtime()?.block_on(async {
        let roles = if given.second_factor_for_all { Role::ALL } else { SECOND_FACTOR_ROLES };
        let app = app_for(&folder, given.database.as_deref(), encoder, roles).await?;
        if let Err(error) = app.time() {
            eprintln!("urval: {error}");
        }
        if !given.take_no_files {
            app.read_documents_with(super::extract::readers().map_err(|Failure(why)| {
                Failure(format!(
                    "{why}. With --take-no-files the service starts, and applicants can only paste text."
                ))
            })?);
        }
        if let (Some(key), Some(logs)) = (&given.witness_key, &given.witness_logs) {
            app.watch(super::watch::desk(key, logs, &folder.root().join("witness"))?);
        }
        let listener = TcpListener::bind(given.listen).await?;
        println!("Urval answers on http://{}", listener.local_addr()?);
        let doors = Doors {
            secure_cookies: !given.plain_http,
            demo_logins: Vec::new(),
            trusted_proxies: given.trusted_proxies,
            providers,
            worker: if given.no_worker { None } else { Some(named()?) },
        };
        serve(app, listener, doors, interrupted()).await
    })?;
    Ok(Ended::Done)
}

/// How the pages are reached.
pub struct Doors {
    /// Cookies are `Secure` and carry the `__Host-` prefix.
    pub secure_cookies: bool,
    /// The demonstration's logins; empty in a real installation.
    pub demo_logins: Vec<DemoLogin>,
    /// Proxies that may say who called them.
    pub trusted_proxies: Vec<ProxyRange>,
    /// The providers that staff may sign in through.
    pub providers: Providers<Outbound>,
    /// Lets the model read what comes in; `None` when other processes do.
    pub worker: Option<Worker>,
}

/// Serves until `stop` resolves, then lets open requests end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    doors: Doors,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let web = Web {
        app: Arc::clone(&app),
        secure_cookies: doors.secure_cookies,
        demo_logins: Arc::new(doors.demo_logins),
        trusted_proxies: Arc::new(doors.trusted_proxies),
        providers: Arc::new(doors.providers),
        uploads: Uploads::default(),
    };
    let (stopping, stopped) = watch::channel(false);
    let house = tokio::spawn(keep_house(Arc::clone(&app), stopped.clone()));
    let worker = doors.worker.map(|worker| tokio::spawn(work(app, worker, stopped.clone())));
    let mut until = stopped;
    let service = router(web).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = until.wait_for(|stop| *stop).await;
    });
    tokio::spawn(async move {
        stop.await;
        let _ = stopping.send(true);
    });
    served.await?;
    // The worker ends after the application in hand, whose assessment is then sealed.
    if let Some(worker) = worker {
        let _ = worker.await;
    }
    let _ = house.await;
    Ok(())
}

/// Ctrl-C or a request to terminate.
pub async fn interrupted() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
