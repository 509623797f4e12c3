//! How long it takes from exec until the service answers, after it was killed.

use std::time::Instant;

use serde_json::json;
use urval::casework::intake::Submission;
use urval::guard::access::{Actor, Job};
use urval::subject::id::RecruitmentId;

use super::house::{House, wait};
use super::turns;
use crate::fixture::{Engine, figures};

/// Milliseconds from exec to the first answer, of several starts, each after a kill.
fn starts(house: &House) -> Vec<f64> {
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let began = Instant::now();
            let mut server = house.serve();
            let answer = server.client().get("/api/v1/recruitments").expect("an answer");
            let time = began.elapsed().as_secs_f64() * 1000.0;
            assert_eq!(answer.status, 200);
            server.kill();
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times
}

/// Applications as the demonstration has them, over and over, and entries beside them.
fn fill(house: &House, applications: u64, entries: u64) {
    wait(async {
        let folder = urval::cli::open::Folder::at(&house.data).expect("a folder");
        let app = urval::cli::open::app(&folder, None, None).await.expect("the installation");
        let round = RecruitmentId::new(house.round.clone());
        let (_, placements, _) = app.round(&round).await.expect("the round");
        let mut made = 0;
        while made < applications {
            for invented in urval::demo::applications::all().expect("the applications") {
                if made == applications {
                    break;
                }
                let chosen = placements
                    .iter()
                    .filter(|p| invented.placements.contains(&p.slug))
                    .map(|p| p.id.clone())
                    .collect();
                let submission = Submission {
                    placements: chosen,
                    language: invented.language,
                    ai_free: false,
                    label_seed: None,
                    draft: None,
                    received: invented.received,
                };
                app.submit(&Actor::Job(Job::Demo), &round, submission).await.expect("an application");
                made += 1;
            }
        }
        for _ in (applications * 2)..entries {
            app.counts(&Actor::Job(Job::Cli), &round).await.expect("an entry");
        }
    });
}

#[test]
fn the_service_answers_two_seconds_after_it_was_killed_however_much_it_holds() {
    let mut rows = Vec::new();
    for (applications, entries) in [(60, 120), (turns(300, 10_000), turns(1_500, 100_000))] {
        let house = House::build(Engine::Sqlite).expect("a file");
        fill(&house, applications, entries);
        let times = starts(&house);
        rows.push(json!({
            "applications": applications, "entries": entries, "median_ms": times[3].round(), "max_ms": times[6].round(),
        }));
        // The machine may be busy with other tests: the fastest start says what the work takes.
        assert!(times[0] < 2_000.0, "{applications} applications: {times:?}");
    }
    figures(
        "faults::start::the_service_answers_two_seconds_after_it_was_killed_however_much_it_holds",
        14,
        &json!({ "goal_ms": 2000, "starts": rows }),
    );
}
