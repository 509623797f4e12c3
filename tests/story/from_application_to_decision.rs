//! The main path in a browser: apply, be read by the model, be read by a person, be decided about by
//! a person, and find all of it in the log.

use urval::subject::role::Role;

use crate::fixture::{PASSWORD, on_both};

const LETTER: &str = "I took the initiative to a change at the student union: I planned and led a project with goals \
    and a schedule, and the waiting time at our legal advice desk fell by half.\n\nMy degree in public administration \
    included a thesis for which I collected and analysed data on my own; the municipality used its conclusions.";

on_both! {
    async fn an_application_travels_from_the_form_to_a_decision(site) {
        // -- the applicant
        let anna = site.visitor();
        let first = anna.get("/").await;
        assert_eq!(first.status, 200);
        let gate = format!("/sok/{}", site.recruitment);
        assert!(first.text.contains(&gate), "the first page leads to the round");
        let asked = anna.get(&gate).await;
        assert!(!asked.text.contains("name=\"name\""), "no field before the question of protected identity");
        let on = anna.post_form(&gate, &[("skyddad", "nej")]).await;
        assert_eq!((on.status, on.location()), (303, format!("{gate}/ansokan").as_str()));
        let form = anna.get(on.location()).await;
        assert!(form.words().contains("beslutsstöd"), "the notice stands before the fields");
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        let fields = [
            ("name", "Anna Påhittad"), ("email", "anna.pahittad@example.com"), ("phone", "070-174 06 05"),
            ("placement", placement.as_str()), ("letter", LETTER), ("cv", ""),
            ("notice", urval::casework::intake::NOTICE_VERSION),
        ];
        let receipt = anna.post_form(&format!("{gate}/ansokan"), &fields).await;
        assert_eq!(receipt.status, 201, "{}", receipt.words());
        let words = receipt.words();
        let label = words.split_whitespace().find(|w| w.starts_with("K-")).expect("a label").trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-').to_owned();
        let code = words.split_whitespace().find(|w| w.len() == 31 && w.matches('-').count() == 5).expect("a receipt code").to_owned();

        // -- the model
        site.score().await;

        // -- the reviewer, blind
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let list = recruiter.get(&format!("/arbete/placeringar/{placement}")).await;
        assert_eq!(list.status, 200);
        assert!(list.text.contains(&label));
        let id = site.id_of(&label).await;
        let desk = format!("/arbete/ansokningar/{id}");
        let blind = recruiter.get(&desk).await;
        assert_eq!(blind.status, 200);
        assert!(blind.words().contains("took the initiative"));
        assert!(!blind.text.contains("Påhittad<") && !blind.text.contains("anna.pahittad"), "identity is not shown");
        assert!(!blind.text.contains("<meter"), "no level before the marks");

        let missing = recruiter.post_form(&format!("{desk}/omdomen"), &[("mark.K1", "styrkt"), ("mark.K2", "4")]).await;
        assert_eq!(missing.status, 422, "half the marks are not enough");
        assert!(missing.text.contains("checked"), "what was marked is kept");
        let marks = [
            ("mark.K1", "styrkt"), ("mark.K2", "4"), ("mark.K3", "oklart"), ("mark.K4", "3"), ("mark.K5", "5"),
            ("mark.K6", "5"), ("mark.K9", "3"), ("mark.K10", "4"),
        ];
        let given = recruiter.post_form(&format!("{desk}/omdomen"), &marks).await;
        assert_eq!(given.status, 303, "{}", given.words());
        let again = recruiter.post_form(&format!("{desk}/omdomen"), &marks).await;
        assert_eq!(again.status, 409, "a double click does not mark twice");

        // -- revealed
        let shown = recruiter.get(&desk).await;
        assert!(shown.words().contains("Rangband 1"), "{}", shown.words());
        assert!(shown.text.contains("<blockquote"), "the evidence is quoted");
        let no_reason = recruiter.post_form(&format!("{desk}/andra"), &[("criterion", "K5"), ("mark", "4"), ("reason", "")]).await;
        assert_eq!(no_reason.status, 422);
        let changed = recruiter
            .post_form(&format!("{desk}/andra"), &[("criterion", "K5"), ("mark", "4"), ("reason", "Resultatet är inte belagt med siffror.")])
            .await;
        assert_eq!(changed.status, 303, "{}", changed.words());
        let shown = recruiter.get(&desk).await;
        assert!(shown.words().contains("Resultatet är inte belagt med siffror."));

        // -- the decision
        let refused = recruiter.post_form(&format!("{desk}/beslut"), &[("placement", &placement), ("outcome", "proceed"), ("reason", "Starka belägg för K5 och K6.")]).await;
        assert_eq!(refused.status, 403, "who marks does not decide");
        let manager = site.staff(Role::HiringManager, "helsingborg").await;
        let unread = manager.post_form(&format!("{desk}/beslut"), &[("placement", &placement), ("outcome", "proceed"), ("reason", "Starka belägg för K5 och K6.")]).await;
        assert_eq!(unread.status, 403, "nobody decides about what they have not opened");
        assert_eq!(manager.get(&format!("{desk}/kontakt")).await.status, 403, "identity waits for a decision");
        let open = manager.get(&desk).await;
        assert_eq!(open.status, 200);
        assert!(!open.text.contains("checked"), "no outcome is chosen beforehand");
        let reasonless = manager.post_form(&format!("{desk}/beslut"), &[("placement", &placement), ("outcome", "proceed"), ("reason", "")]).await;
        assert_eq!(reasonless.status, 422);
        let outcomeless = manager.post_form(&format!("{desk}/beslut"), &[("placement", &placement), ("reason", "Starka belägg för K5 och K6.")]).await;
        assert_eq!(outcomeless.status, 422);
        let decided = manager.post_form(&format!("{desk}/beslut"), &[("placement", &placement), ("outcome", "proceed"), ("reason", "Starka belägg för K5 och K6.")]).await;
        assert_eq!(decided.status, 303, "{}", decided.words());
        let twice = manager.post_form(&format!("{desk}/beslut"), &[("placement", &placement), ("outcome", "not_proceed"), ("reason", "Ändrade mig efter en stund.")]).await;
        assert_eq!(twice.status, 409);
        let contact = manager.get(&format!("{desk}/kontakt")).await;
        assert!(contact.words().contains("anna.pahittad@example.com"));

        // -- the applicant sees who looked
        let own = site.applicant(&code).await.get("/min-ansokan/sida").await;
        assert_eq!(own.status, 200);
        assert!(own.words().contains("rekryterare") && own.words().contains("rekryterande chef"));

        // -- everything is in the log, and the log verifies
        let dpo = site.dpo_with_log().await;
        let log = dpo.get(&format!("/dso/logg?label={label}")).await;
        assert_eq!(log.status, 200);
        for action in [
            "application.sealed", "application.read_by_model", "assessment.sealed", "application.opened",
            "application.marked", "mark.changed", "decision.recorded", "identity.shown", "own_file.shown",
        ] {
            assert!(log.text.contains(action), "{action} is in the log");
        }
        assert!(log.words().contains("Loggen är hel"), "{}", log.words());
        assert!(!log.text.contains("Anna Påhittad"), "the log names nobody");
        assert!(!PASSWORD.is_empty());
    }
}
