//! What an applicant is told before the first field, in two layers. The text is a promise: a change of
//! it needs a new [`NOTICE_VERSION`], which the receipt keeps.

use maud::{Markup, html};

use super::Round;
use crate::casework::intake::NOTICE_VERSION;
use crate::subject::id::OrganisationId;
use crate::web::Web;
use crate::web::callers::View;
use crate::web::layout::t;
use crate::web::pages::home::{complain_to, languages};

/// What an applicant is told before the first field (GDPR Art. 13; AI Act Art. 26.11). A changed
/// text needs a new [`NOTICE_VERSION`].
pub(super) fn notice(
    web: &Web,
    view: &View,
    round: &Round,
    kinds: &[(OrganisationId, String, String)],
) -> Markup {
    let lang = view.lang;
    let controllers: Vec<&(OrganisationId, String, String)> =
        kinds.iter().filter(|(id, _, _)| round.placements.iter().any(|p| p.organisation == *id)).collect();
    let company = controllers.iter().any(|(_, _, kind)| kind == "kommunalt_bolag");
    let entry = web.app.model().map(|encoder| encoder.entry());
    html! {
        section.notice #informationen tabindex="-1" aria-labelledby="notis" {
            h2 #notis { (t(lang, "Läs detta innan du skriver", "Read this before you write")) }
            ul {
                li { (t(lang,
                    "Ett AI-baserat beslutsstöd som körs i tjänsten läser en avidentifierad version av din \
                     ansökan och pekar ut belägg för kraven. Det fattar inga beslut.",
                    "AI-based decision support that runs inside the service reads a pseudonymised version of \
                     your application and points out evidence for the requirements. It makes no decisions."))
                }
                li { (t(lang, "En människa läser och bedömer varje ansökan, och en namngiven chef beslutar.",
                    "A person reads and assesses every application, and a named manager decides.")) }
                li { (t(lang, "Du kan välja granskning utan AI-stöd. Det påverkar inte dina möjligheter.",
                    "You can choose a review without AI support. It does not affect your chances.")) }
                li { (t(lang,
                    "Ansökan blir en allmän handling när den kommer in.",
                    "The application becomes a public record when it arrives.")) }
                li { (t(lang,
                    "Utelämna hälsa, tro, politiska åsikter, fackligt medlemskap, sexuell läggning, brott \
                     och personnummer – både dina egna och andras.",
                    "Leave out health, belief, political opinions, union membership, sexual orientation, \
                     offences and personal identity numbers – your own and other people's.")) }
                @if web.app.reads_documents() {
                    li { (t(lang,
                        "Filer du väljer ligger krypterade i ett utkast i högst ett dygn tills du skickar. Bara den \
                         här webbläsaren kan öppna utkastet.",
                        "Files that you choose lie encrypted in a draft for at most a day until you send. Only this \
                         browser can open the draft.")) }
                }
                li { (t(lang,
                    "Har du skyddade personuppgifter? Stanna här och ",
                    "Do you have a protected identity? Stop here and "))
                    a href=(round.path("/skyddad")) { (t(lang,
                        "läs hur du söker i stället",
                        "read how to apply instead")) } "." }
            }
            @if let Some(entry) = entry {
                @if !entry.languages.contains(&lang) {
                    p { strong { (t(lang, "Om språk: ", "About language: ")) }
                        (t(lang, "dagens modell är gjord för ", "today's model is made for "))
                        (languages(lang, &entry.languages))
                        (t(lang,
                            ". En ansökan på svenska läses bara av människor. Skriv på det språk du vill.",
                            ". An application in English is read by people only. Write in the language you \
                             prefer."))
                    }
                }
            }
        }
        details.box {
            summary { (t(lang, "Vem som ansvarar", "Who is responsible")) }
            p { (t(lang,
                "De här organisationerna är gemensamt personuppgiftsansvariga (artikel 26 i \
                 dataskyddsförordningen). Du kan vända dig till vilken som helst av dem, eller till deras \
                 dataskyddsombud:",
                "These organisations are joint controllers (Article 26 of the GDPR). You can turn to any of \
                 them, or to their data-protection officer:")) }
            ul { @for (_, name, kind) in &controllers {
                li { (name) @if kind == "kommunalt_bolag" { " " (t(lang,
                    "(kommunalt bolag)",
                    "(municipal company)")) } }
            } }
        }
        details.box {
            summary { (t(lang, "Varför och med vilken rättslig grund", "Why, and on what legal basis")) }
            p { (t(lang,
                "Vi använder uppgifterna för att bedöma din ansökan mot kravprofilen, tillsätta \
                 traineeplatserna, svara på klagomål och rättsliga anspråk och sköta allmänna handlingar.",
                "We use the data to assess your application against the requirement profile, fill the \
                 trainee placements, answer complaints and legal claims, and manage public records.")) }
            p { (t(lang,
                "Grunden för kommunerna är en uppgift av allmänt intresse (artikel 6.1 e i \
                 dataskyddsförordningen, 2 kap. 2 § dataskyddslagen) och rättsliga förpliktelser om allmänna \
                 handlingar, arkiv och diskriminering (artikel 6.1 c). Vi bygger inte på samtycke.",
                "The basis for the municipalities is a task in the public interest (Article 6.1 e of the \
                 GDPR, Chapter 2, Section 2 of the Swedish Data Protection Act) and legal obligations on \
                 public records, archives and discrimination (Article 6.1 c). We do not rely on consent.")) }
            @if company {
                p { (t(lang,
                    "För kommunala bolag är grunden åtgärder på din begäran innan ett avtal (artikel 6.1 b) \
                     och berättigat intresse av en rättvis rekrytering (artikel 6.1 f).",
                    "For municipal companies the basis is steps at your request before a contract (Article \
                     6.1 b) and a legitimate interest in a fair recruitment (Article 6.1 f).")) }
            }
            p { (t(lang,
                "Namn, e-post, minst en placering och någon text behövs för att vi ska kunna pröva ansökan. \
                 Resten är frivilligt.",
                "Name, e-mail, at least one placement and some text are needed for us to consider the \
                 application. The rest is voluntary.")) }
        }
        details.box {
            summary { (t(lang, "Hur AI-stödet räknar", "How the AI support calculates")) }
            p { (t(lang,
                "Det är profilering. Namn, kontaktuppgifter, personnummer, födelsedatum, länkar och ord som \
                 visar kön byts mot platshållare. En språkmodell jämför sedan varje mening med kravprofilens \
                 krav och exempel. De bästa meningarna ger en nivå per krav, och nivåerna vägs ihop till \
                 rangband per placering, utan ordning inom bandet.",
                "This is profiling. Name, contact details, personal identity numbers, dates of birth, links \
                 and words that show sex are replaced by placeholders. A language model then compares each \
                 sentence with the requirements and examples of the profile. The best sentences give a level \
                 for each requirement, and the levels are combined into rank bands for each placement, with \
                 no order within a band.")) }
            p { (t(lang,
                "Följden för dig: den som granskar ser beläggen och bandet efter att ha satt egna omdömen. \
                 Ingen ansökan sorteras bort automatiskt. Du ser själv samma belägg på Min ansökan.",
                "What it means for you: the reviewer sees the evidence and the band after having set their \
                 own marks. No application is rejected automatically. You see the same evidence yourself on \
                 My application.")) }
            p { a href="/om" { (t(lang,
                "Mer om AI-stödet och dess begränsningar",
                "More about the AI support and its limits")) } }
        }
        details.box {
            summary { (t(lang, "Vilka som får del av uppgifterna", "Who gets to see the data")) }
            ul {
                li { (t(lang,
                    "Bedömare, rekryterare och chefer i de organisationer vars placeringar du väljer. De \
                     läser först en avidentifierad text.",
                    "Assessors, recruiters and managers of the organisations whose placements you choose. \
                     They first read a pseudonymised text.")) }
                li { (t(lang,
                    "Fackliga företrädare i slutet av urvalet, och dataskyddsombud och tillsynsmyndigheter i \
                     sina uppdrag.",
                    "Union representatives towards the end of the selection, and data-protection officers \
                     and supervisory authorities in their duties.")) }
                li { (t(lang,
                    "Den som begär ut en allmän handling, efter sekretessprövning.",
                    "Anyone who asks for a public record, after a secrecy review.")) }
            }
            p { (t(lang,
                "Texten skickas inte till någon AI-leverantör och tränar ingen modell.",
                "The text is sent to no AI supplier and trains no model.")) }
        }
        details.box {
            summary { (t(lang, "Hur länge uppgifterna sparas", "How long the data is kept")) }
            p { (t(lang,
                "Din ansökan sparas i två år från det att anställningsbeslutet har fått laga kraft, och \
                 förstörs sedan. Så länge kan den som anser sig diskriminerad få saken prövad. Tillsätts \
                 flera placeringar räknas tiden från det sista beslutet. Anställs du förs ansökan över till \
                 din personalakt. En återkallad ansökan tas ur urvalet men sparas lika länge.",
                "Your application is kept for two years from when the hiring decision has gained legal \
                 force, and is then destroyed. For that long, anyone who feels discriminated against can \
                 have the matter tried. If several placements are filled, the time runs from the last \
                 decision. If you are hired, the application moves to your personnel file. A withdrawn \
                 application leaves the selection but is kept as long.")) }
        }
        details.box {
            summary { (t(lang, "Dina rättigheter och hur du klagar", "Your rights and how to complain")) }
            p { (t(lang,
                "Du har rätt att se dina uppgifter och få dem rättade, att få behandlingen begränsad, att \
                 invända mot AI-stödet och att begära radering. Radering av en allmän handling prövas av en \
                 människa och beslutet kan överklagas. Det mesta gör du själv på Min ansökan. Vi svarar inom \
                 en månad.",
                "You have the right to see your data and have it rectified, to have the processing \
                 restricted, to object to the AI support and to ask for erasure. Erasure of a public record \
                 is considered by a person, and the decision can be appealed. Most of this you do yourself \
                 on My application. We answer within a month.")) }
            p { (t(lang,
                "Är du inte nöjd kan du klaga hos Integritetsskyddsmyndigheten (IMY):",
                "If you are not satisfied you can complain to the Swedish Authority for Privacy Protection \
                 (IMY):")) }
            (complain_to(lang))
        }
        details.box {
            summary { (t(lang, "Allmän handling", "Public record")) }
            p { (t(lang,
                "Alla har rätt att begära ut allmänna handlingar. Innan något lämnas ut prövar kommunen om \
                 sekretess gäller. Uppgifter i en ansökan är oftast inte hemliga.",
                "Everyone has the right to ask for public records. Before anything is disclosed the \
                 municipality considers whether secrecy applies. Data in an application is usually not \
                 secret.")) }
        }
        p.hint { (t(lang, "Informationens version: ", "Version of this information: ")) (NOTICE_VERSION) }
    }
}
