//! What an applicant can ask for, with its consequences told before the button and its last day to
//! answer after. Nothing here promises an erasure: a person decides.

use maud::{Markup, html};

use crate::casework::RightKind;
use crate::casework::rights::{OwnFile, one_month_after};
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::View;
use crate::web::layout::t;

/// What was just done, with the last day to answer.
pub(super) fn confirmation(lang: Lang, kind: RightKind, due: &str) -> String {
    match (kind, lang) {
        (RightKind::Access, Lang::Sv) => {
            "Din begäran om registerutdrag är registrerad. Allt som finns om dig står på den här sidan och i \
             filen du kan ladda ner."
                .into()
        }
        (RightKind::Access, Lang::En) => {
            "Your request for a copy is registered. Everything about you is on this page and in the file you \
             can download."
                .into()
        }
        (RightKind::Erasure, Lang::Sv) => {
            format!("Din begäran om radering är registrerad. En människa prövar den. Beslut senast {due}.")
        }
        (RightKind::Erasure, Lang::En) => {
            format!("Your request for erasure is registered. A person considers it. Decision by {due}.")
        }
        (RightKind::AiFree, Lang::Sv) => {
            "Din begäran är registrerad. AI-stödet läser inte ansökan, och det som det hade kommit fram till \
             är borttaget."
                .into()
        }
        (RightKind::AiFree, Lang::En) => {
            "Your request is registered. The AI support does not read the application, and what it had found \
             is removed."
                .into()
        }
        (RightKind::Withdrawal, Lang::Sv) => "Ansökan är återkallad och deltar inte längre i urvalet.".into(),
        (RightKind::Withdrawal, Lang::En) => {
            "The application is withdrawn and no longer takes part in the selection.".into()
        }
    }
}

fn kind_name(lang: Lang, kind: RightKind) -> &'static str {
    match kind {
        RightKind::Access => t(lang, "Registerutdrag", "Copy of the data"),
        RightKind::Erasure => t(lang, "Radering", "Erasure"),
        RightKind::AiFree => t(lang, "Granskning utan AI-stöd", "Review without AI support"),
        RightKind::Withdrawal => t(lang, "Återkallelse", "Withdrawal"),
    }
}

fn ask(view: &View, kind: RightKind, inside: Markup) -> Markup {
    html! {
        form method="post" action="/min-ansokan/begaran" novalidate {
            input type="hidden" name="token" value=(view.form_token);
            input type="hidden" name="kind" value=(kind.code());
            (inside)
        }
    }
}

pub(super) fn rights(web: &Web, view: &View, file: &OwnFile, unconfirmed: bool) -> Markup {
    let lang = view.lang;
    let (_, state) = file.label_and_state();
    let withdrawn = state == "withdrawn";
    let erasing = file.requests.iter().find(|r| r.kind == RightKind::Erasure && r.state != "done");
    html! {
        section {
            h2 #rattigheter tabindex="-1" { (t(lang, "Det du kan begära", "What you can ask for")) }
            (requests(lang, file))
            (refusals(lang, file))
            div.grid2 {
                section.card {
                    h3 { (t(lang, "Hämta dina uppgifter", "Get your data")) }
                    p { (t(lang,
                        "Allt på den här sidan i en fil (JSON): det du skickade, det maskinen läste, \
                         bedömningen och loggen.",
                        "Everything on this page in one file (JSON): what you sent, what the machine read, \
                         the assessment and the log.")) }
                    p { a.button.secondary href="/min-ansokan/utdrag.json" download { (t(lang,
                        "Ladda ner registerutdrag",
                        "Download a copy of my data")) } }
                    (ask(view, RightKind::Access, html! {
                        button.quiet type="submit" { (t(lang,
                            "Registrera en begäran om registerutdrag",
                            "Register a request for a copy")) }
                    }))
                }
                section.card {
                    h3 { (t(lang, "Granskning utan AI-stöd", "Review without AI support")) }
                    @if file.ai_free() {
                        p { (t(lang,
                            "Din ansökan granskas redan utan AI-stöd.",
                            "Your application is already reviewed without AI support.")) }
                    } @else if withdrawn {
                        p { (t(lang,
                            "Ansökan är återkallad och granskas inte.",
                            "The application is withdrawn and is not reviewed.")) }
                    } @else {
                        p { (t(lang,
                            "AI-stödets bedömning tas bort på en gång och görs inte om. Människor läser \
                             ansökan. Det påverkar inte dina möjligheter, och det går inte att ångra.",
                            "The AI support's assessment is removed at once and not made again. People read \
                             the application. It does not affect your chances, and it cannot be undone.")) }
                        (ask(view, RightKind::AiFree, html! {
                            button.secondary type="submit" { (t(lang,
                                "Granska min ansökan utan AI-stöd",
                                "Review my application without AI support")) }
                        }))
                    }
                }
                section.card {
                    h3 { (t(lang, "Radering", "Erasure")) }
                    p { (t(lang,
                        "Din ansökan är en allmän handling. Den får oftast inte förstöras förrän två år \
                         efter att anställningsbeslutet fått laga kraft, så räkna inte med att allt raderas \
                         nu. En människa prövar din begäran och du får ett skriftligt beslut som du kan \
                         överklaga.",
                        "Your application is a public record. As a rule it may not be destroyed until two \
                         years after the hiring decision gained legal force, so do not expect everything to \
                         be erased now. A person considers your request, and you get a written decision that \
                         you can appeal.")) }
                    @match erasing {
                        Some(open) => {
                            p { (t(lang,
                                "Din begäran är registrerad. Beslut senast ",
                                "Your request is registered. Decision by ")) strong { (open.due_on) } "." }
                        },
                        None => {
                            p { (t(lang,
                                "Begär du i dag får du beslut senast ",
                                "If you ask today you get a decision by "))
                                strong { (one_month_after(web.app.now())) } "." }
                            (ask(view, RightKind::Erasure, html! {
                                button.secondary type="submit" { (t(lang,
                                    "Begär radering",
                                    "Ask for erasure")) }
                            }))
                        },
                    }
                }
                section.card {
                    h3 { (t(lang, "Dra tillbaka ansökan", "Withdraw the application")) }
                    @if withdrawn {
                        p { (t(lang,
                            "Ansökan är återkallad. Den visas inte för dem som granskar, men sparas \
                             krypterad så länge lagen kräver.",
                            "The application is withdrawn. It is not shown to those who review, but is kept \
                             encrypted as long as the law requires.")) }
                    } @else {
                        p { (t(lang,
                            "Du lämnar urvalet på en gång för alla placeringar. Ansökan sparas men visas \
                             inte längre för dem som granskar. Det går inte att ångra.",
                            "You leave the selection at once for all placements. The application is kept but \
                             no longer shown to those who review. It cannot be undone.")) }
                        (ask(view, RightKind::Withdrawal, html! {
                            @if unconfirmed { p.field-error #bekrafta-fel { (t(lang,
                                "Kryssa i rutan först",
                                "Tick the box first")) } }
                            label.choice {
                                input #bekrafta type="checkbox" name="bekrafta" value="ja" required
                                    aria-invalid=[unconfirmed.then_some("true")]
                                    aria-describedby=[unconfirmed.then_some("bekrafta-fel")];
                                span { (t(lang,
                                    "Ja, jag vill dra tillbaka min ansökan",
                                    "Yes, I want to withdraw my application")) }
                            }
                            button.secondary type="submit" { (t(lang, "Dra tillbaka", "Withdraw")) }
                        }))
                    }
                }
            }
            p {
                (t(lang,
                    "Vill du rätta något eller begränsa behandlingen? Kontakta dataskyddsombudet i kommunen \
                     vars placering du sökt. ",
                    "Do you want something rectified or restricted? Contact the data-protection officer of \
                     the municipality whose placement you sought. "))
                a href="/om" { (t(lang, "Så klagar du", "How to complain")) }
            }
        }
    }
}

fn requests(lang: Lang, file: &OwnFile) -> Markup {
    if file.requests.is_empty() {
        return html! { p { (t(lang,
        "Du har inte begärt något än.",
        "You have not asked for anything yet.")) } };
    }
    let caption = t(lang, "Det du har begärt", "What you have asked for");
    html! {
        div.table-wrap tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr {
                    th scope="col" { (t(lang, "Begäran", "Request")) }
                    th scope="col" { (t(lang, "Inkom", "Received")) }
                    th scope="col" { (t(lang, "Sista dag att svara", "Last day to answer")) }
                    th scope="col" { (t(lang, "Läge", "Status")) }
                } }
                tbody {
                    @for request in &file.requests {
                        tr {
                            th scope="row" { (kind_name(lang, request.kind)) }
                            td.nowrap { (request.received_at.swedish()) }
                            td.nowrap { (request.due_on) }
                            td {
                                @match request.state.as_str() {
                                    "done" if is_refused(file, &request.id) => span.tag { (t(lang,
                                        "avslagen, se nedan",
                                        "refused, see below")) },
                                    "done" => span.tag.ok { (t(lang, "klar", "done")) },
                                    "received" => span.tag { (t(lang,
                                        "handläggs av en människa",
                                        "handled by a person")) },
                                    other => (other),
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn is_refused(file: &OwnFile, request: &str) -> bool {
    file.answers.iter().any(|answer| answer.refused && answer.request == request)
}

/// A refusal with its reason and how to appeal: 7 kap. 2 § dataskyddslagen, 43 and 44 §§ förvaltningslagen.
fn refusals(lang: Lang, file: &OwnFile) -> Markup {
    html! {
        @for answer in file.answers.iter().filter(|answer| answer.refused) {
            section.card {
                h3 { (t(lang, "Din begäran om radering är avslagen", "Your request for erasure is refused")) }
                p { (t(lang, "Beslutad ", "Decided ")) (answer.answered_at.swedish()) "." }
                @if let Some(reason) = file.refusal(answer) {
                    p { (t(lang, "Skäl: ", "Reason: ")) (reason) }
                }
                h4 { (t(lang, "Så överklagar du", "How to appeal")) }
                p { (t(lang,
                    "Beslutet kan överklagas till förvaltningsrätten. Skriv vilket beslut du överklagar, hur du \
                     vill att det ändras och varför. Ställ skrivelsen till förvaltningsrätten men lämna den till \
                     kommunen vars placering du sökt. Den ska ha kommit in inom tre veckor från den dag du fick del \
                     av beslutet. Du kan också klaga hos Integritetsskyddsmyndigheten.",
                    "The decision can be appealed to the administrative court (förvaltningsrätten). Write which \
                     decision you appeal, how you want it changed and why. Address the letter to the court but hand \
                     it in to the municipality whose placement you sought. It must arrive within three weeks of the \
                     day you were told of the decision. You can also complain to the Swedish Authority for Privacy \
                     Protection.")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_request_has_words_in_both_languages() {
        for kind in [RightKind::Access, RightKind::Erasure, RightKind::AiFree, RightKind::Withdrawal] {
            assert_ne!(kind_name(Lang::Sv, kind), kind_name(Lang::En, kind));
            let told = |lang| confirmation(lang, kind, "2027-04-05");
            assert_ne!(told(Lang::Sv), told(Lang::En));
        }
        assert!(confirmation(Lang::Sv, RightKind::Erasure, "2027-04-05").contains("2027-04-05"));
    }
}
