//! Everything that can be called, each row with who may call it. A row for staff accepts only a
//! handler whose first argument is [`Staff`], and so on: a route cannot be left unguarded by
//! forgetting. An open row says why it is open.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};

use super::callers::{Applicant, Staff, Visitor};
use super::problem::Problem;
use super::{UPLOAD_BYTES_MAX, Web, api, pages};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A member of staff; what that person may do is asked of the policies.
    Staff,
    /// The holder of a receipt code, for that one application.
    Applicant,
    /// Anybody, with the reason.
    Open(&'static str),
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Method.
    pub method: Method,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// Who.
    pub guard: Guard,
}

/// The table under construction.
#[derive(Default)]
pub struct Routes {
    rows: Vec<Row>,
    router: Router<Web>,
}

/// The first argument of a handler, read from its signature.
pub trait FirstIs<A> {}

macro_rules! first_is {
    ($($rest:ident),*) => {
        impl<M, A, $($rest),*> FirstIs<A> for (M, A, $($rest,)*) {}
    };
}
first_is!();
first_is!(B);
first_is!(B, C);
first_is!(B, C, D);
first_is!(B, C, D, E);

impl Routes {
    fn add<H, T>(mut self, method: Method, path: &'static str, guard: Guard, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        let filter = if method == Method::POST { MethodFilter::POST } else { MethodFilter::GET };
        self.rows.push(Row { method, path, guard });
        self.router = self.router.route(path, on(filter, handler));
        self
    }

    /// A row for anybody whose body may hold files.
    #[must_use]
    pub fn open_with_files<H, T>(mut self, path: &'static str, why: &'static str, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: FirstIs<Visitor> + 'static,
    {
        self.rows.push(Row { method: Method::POST, path, guard: Guard::Open(why) });
        let large = DefaultBodyLimit::max(UPLOAD_BYTES_MAX);
        self.router = self.router.route(path, on(MethodFilter::POST, handler).layer(large));
        self
    }

    /// A row for staff.
    #[must_use]
    pub fn staff<H, T>(self, method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: FirstIs<Staff> + 'static,
    {
        self.add(method, path, Guard::Staff, handler)
    }

    /// A row for the holder of a receipt code.
    #[must_use]
    pub fn applicant<H, T>(self, method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: FirstIs<Applicant> + 'static,
    {
        self.add(method, path, Guard::Applicant, handler)
    }

    /// A row for anybody, with the reason why.
    #[must_use]
    pub fn open<H, T>(self, method: Method, path: &'static str, why: &'static str, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: FirstIs<Visitor> + 'static,
    {
        self.add(method, path, Guard::Open(why), handler)
    }

    /// The rows, for the tests that sweep them.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// As a router; everything else is "no such page".
    pub fn into_router(self) -> Router<Web> {
        self.router.fallback(|| async { Problem::not_found() })
    }
}

/// The table.
#[must_use]
pub fn table() -> Routes {
    let get = || Method::GET;
    let post = || Method::POST;
    let routes = Routes::default()
        // -- anybody
        .open(get(), "/", "the first page holds no personal data", pages::home::first)
        .open(get(), "/static/urval.css", "the style sheet", pages::home::style)
        .open(get(), "/sprak/{lang}", "remembers a language", pages::home::choose_language)
        .open(get(), "/healthz", "says that the process answers", pages::home::healthz)
        .open(get(), "/readyz", "says whether database and model answer", pages::home::readyz)
        .open(get(), "/om", "describes the service, its model and its limits", pages::home::about)
        .open(
            get(),
            pages::instructions::PATH,
            "says how the AI support is used, and what it is bad at",
            pages::instructions::show,
        )
        .open(get(), "/logga-in", "the door for staff", pages::login::form)
        .open(post(), "/logga-in", "the door for staff", pages::login::submit)
        .open(
            get(),
            "/logga-in/kod",
            "asks for the code after the right password",
            pages::second_factor::code_form,
        )
        .open(
            post(),
            "/logga-in/kod",
            "checks the code after the right password",
            pages::second_factor::code_submit,
        )
        .open(
            get(),
            "/logga-in/engangskod",
            "sets up a second factor after the right password",
            pages::second_factor::halfway_form,
        )
        .open(
            post(),
            "/logga-in/engangskod/borja",
            "makes a secret after the right password",
            pages::second_factor::halfway_begin,
        )
        .open(
            post(),
            "/logga-in/engangskod/bekrafta",
            "takes the secret into use after the right password",
            pages::second_factor::halfway_confirm,
        )
        .open(
            post(),
            "/logga-in/via/{provider}",
            "leads staff to their organisation's own door",
            pages::federated::begin,
        )
        .open(
            get(),
            "/logga-in/via/{provider}/svar",
            "where that door sends them back to",
            pages::federated::finish,
        )
        .open(post(), "/logga-ut", "ends the caller's own session", pages::login::log_out)
        // -- applicants without a receipt
        .open(
            get(),
            "/sok/{recruitment}",
            "asks about protected identity before any field",
            pages::apply::protected,
        )
        .open(post(), "/sok/{recruitment}", "leads on, stores nothing", pages::apply::answer_protected)
        .open(
            get(),
            "/sok/{recruitment}/skyddad",
            "contact details for protected identity, stores nothing",
            pages::apply::protected_lane,
        )
        .open(get(), "/sok/{recruitment}/ansokan", "the form with its notice", pages::apply::form)
        .open_with_files("/sok/{recruitment}/ansokan", "hands in an application", pages::apply::submit)
        .open(
            get(),
            "/sok/{recruitment}/kontroll",
            "shows what was read of the visitor's own files",
            pages::apply::check,
        )
        .open_with_files(
            "/sok/{recruitment}/kontroll",
            "hands in what the visitor has checked",
            pages::apply::send_checked,
        )
        .open(get(), "/min-ansokan", "the door for holders of a receipt code", pages::own::door)
        .open(post(), "/min-ansokan", "the door for holders of a receipt code", pages::own::enter)
        // -- the log for outsiders
        .open(
            get(),
            "/logg/checkpoint",
            "how many entries the log has and its signed root: no entry",
            super::log::checkpoint,
        )
        .open(
            get(),
            "/logg/tile/{level}/{*number}",
            "hashes of entries that hold a salted commitment each: no entry can be guessed from one",
            super::log::tile,
        )
        .open(
            post(),
            "/vittne/add-checkpoint",
            "takes a checkpoint that a watched log signed, about no person",
            super::log::add_checkpoint,
        )
        // -- applicants with a receipt
        .applicant(get(), "/min-ansokan/sida", pages::own::file)
        .applicant(get(), "/min-ansokan/utdrag.json", pages::own::export)
        .applicant(get(), "/min-ansokan/fil/{place}", pages::own::document)
        .applicant(get(), "/min-ansokan/kvitto/{entry}", super::log::receipt)
        .applicant(post(), "/min-ansokan/begaran", pages::own::request)
        // -- staff, about themselves
        .staff(get(), "/konto", pages::account::overview)
        .staff(post(), "/konto/losenord", pages::account::change_password)
        .staff(post(), "/konto/inloggningar", pages::account::end_sessions)
        .staff(get(), "/konto/engangskod", pages::second_factor::form)
        .staff(post(), "/konto/engangskod/borja", pages::second_factor::begin)
        .staff(post(), "/konto/engangskod/bekrafta", pages::second_factor::take_into_use)
        .staff(post(), "/konto/engangskod/ta-bort", pages::second_factor::remove)
        .staff(post(), "/konto/engangskod/reservkoder", pages::second_factor::new_codes)
        // -- staff
        .staff(get(), "/arbete", pages::work::overview)
        .staff(get(), "/arbete/placeringar/{placement}", pages::work::placement)
        .staff(get(), "/arbete/placeringar/{placement}/fragor/{question}", pages::answers::list)
        .staff(get(), "/arbete/placeringar/{placement}/sok", pages::search::show)
        .staff(get(), "/arbete/ansokningar/{application}", pages::review::open)
        .staff(post(), "/arbete/ansokningar/{application}/omdomen", pages::review::mark)
        .staff(post(), "/arbete/ansokningar/{application}/andra", pages::review::change)
        .staff(post(), "/arbete/ansokningar/{application}/beslut", pages::review::decide)
        .staff(get(), "/arbete/ansokningar/{application}/kontakt", pages::review::contact)
        .staff(get(), "/arbete/ansokningar/{application}/fil/{place}", pages::review::original)
        .staff(get(), "/arbete/ansokningar/{application}/jav", pages::conflict::form)
        .staff(post(), "/arbete/ansokningar/{application}/jav", pages::conflict::declare)
        .staff(get(), "/arbete/ansokningar/{application}/nodatkomst", pages::emergency::form)
        .staff(post(), "/arbete/ansokningar/{application}/nodatkomst", pages::emergency::ask)
        .staff(get(), "/ai-stod", pages::ai_support::list)
        .staff(post(), "/ai-stod/{recruitment}/stopp", pages::ai_support::stop)
        .staff(post(), "/ai-stod/{recruitment}/start", pages::ai_support::start)
        .staff(get(), "/kontrollgrupp", pages::control::list)
        .staff(post(), "/kontrollgrupp/{recruitment}", pages::control::set)
        .staff(get(), "/tillsyn", pages::matters::list)
        .staff(post(), "/tillsyn/nodatkomst/{emergency}", pages::matters::settle)
        .staff(post(), "/tillsyn/kvittens/{shown}", pages::matters::acknowledge)
        .staff(post(), "/tillsyn/jav/{conflict}", pages::matters::lift_conflict)
        .staff(get(), "/gallring/sparrar", pages::holds::list)
        .staff(post(), "/gallring/sparrar", pages::holds::set)
        .staff(post(), "/gallring/sparrar/{hold}", pages::holds::lift)
        .staff(get(), "/dso/logg", pages::dpo::log)
        .staff(post(), "/dso/logg/oppna", pages::dpo::open)
        .staff(get(), "/registrator/radering", pages::registrar::list)
        .staff(post(), "/registrator/radering/{request}/svar", pages::registrar::answer)
        .staff(get(), "/logg/tile/entries/{*number}", super::log::bundle)
        .staff(get(), "/drift", pages::operator::overview);
    api::routes(routes)
}
