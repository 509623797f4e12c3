//! Files with an application: chosen in the form, then shown as they were read, part by part, before anything is
//! sent. What a browser cannot keep, a draft does, which only this browser's cookie opens.

use crate::pipeline::extract::{Hidden, Part, Reading, Trick, Why};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use zeroize::{Zeroize, Zeroizing};

use super::{
    Fault, Round, Shown, TEXT_CHARS_MAX, Typed, bad_character, faults, form_page, hand_in, too_long,
};
use crate::casework::aside::aside;
use crate::casework::drafts::{FILE_BYTES_MAX, NewFile, ReadFile};
use crate::casework::intake::SentDraft;
use crate::guard::pii::Pii;
use crate::pipeline::extract::Outcome;
use crate::pipeline::extract::told::{Passage, passages};
use crate::subject::file_place::FilePlace;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{View, Visitor, draft_cookie, set_cookie};
use crate::web::form::Posted;
use crate::web::layout::{page, t};
use crate::web::pages::files::{kind_name, place_name, section_name, trick_words, why_words};
use crate::web::pages::login::with_cookie;
use crate::web::problem::Problem;

/// A draft as it was stored.
pub(super) struct Kept {
    secret: Zeroizing<String>,
    pub files: Vec<ReadFile>,
}

/// The form's and the check's fields.
pub(super) type Held = (Zeroizing<Typed>, Vec<ReadFile>);

/// What this browser's draft of the round holds.
pub(super) async fn draft(web: &Web, visitor: &Visitor, round: &Round) -> Result<Option<Held>, Problem> {
    let Some(secret) = visitor.view.draft.as_deref().filter(|_| web.app.reads_documents()) else {
        return Ok(None);
    };
    let Some(found) = web.app.draft(&visitor.actor, &round.recruitment.id, secret).await? else {
        return Ok(None);
    };
    // Written by another version of the page: what was typed is gone, the files are not.
    let typed: Typed = serde_json::from_slice(&found.form).unwrap_or_default();
    Ok(Some((Zeroizing::new(typed), found.files)))
}

/// Stores what was sent with files, or changes the draft that there is. Gives what is wrong with the files
/// themselves, too.
pub(super) async fn keep(
    web: &Web,
    visitor: &Visitor,
    round: &Round,
    typed: &mut Typed,
    posted: &Posted,
    sent: Vec<(String, Zeroizing<Vec<u8>>)>,
) -> Result<(Option<Kept>, Vec<Fault>), Problem> {
    let lang = visitor.view.lang;
    let mut found = Vec::new();
    let mut files = Vec::new();
    for (field, bytes) in sent {
        let Some(place) = FilePlace::ALL.into_iter().find(|place| file_field(*place) == field) else {
            continue;
        };
        if !web.app.reads_documents() {
            found.push(Fault { field, message: no_files(lang) });
        } else if bytes.len() > FILE_BYTES_MAX {
            found.push(Fault { field, message: too_large(lang) });
        } else {
            files.push(NewFile { place, bytes, read: None });
        }
    }
    let taken_out: Vec<FilePlace> = posted.all("ta_bort").into_iter().filter_map(FilePlace::parse).collect();
    let before = draft(web, visitor, round).await?;
    if before.is_none() && files.is_empty() {
        return Ok((None, found));
    }
    if let Some((old, _)) = before {
        typed.checked.clone_from(&old.checked);
    }
    let secret = store(web, visitor, round, typed, &files, &taken_out).await?;
    // The reader takes them from the draft, one by one; until it is their turn they need not lie here.
    aside(files.iter().map(|file| file.bytes.len()).sum(), || drop(files));
    let held = web.app.draft(&visitor.actor, &round.recruitment.id, &secret).await?;
    let files = held.map(|held| held.files).unwrap_or_default();
    Ok((Some(Kept { secret, files }), found))
}

async fn store(
    web: &Web,
    visitor: &Visitor,
    round: &Round,
    typed: &Typed,
    files: &[NewFile],
    taken_out: &[FilePlace],
) -> Result<Zeroizing<String>, Problem> {
    let form = Zeroizing::new(serde_json::to_vec(typed).map_err(|_| Problem::unusable_body())?);
    let secret = visitor.view.draft.as_deref();
    let recruitment = &round.recruitment.id;
    Ok(web.app.keep_draft(&visitor.actor, recruitment, secret, &form, files, taken_out).await?)
}

/// Lets the browser keep the secret of its draft.
pub(super) fn remember(web: &Web, response: Response, kept: Option<&Kept>) -> Response {
    match kept {
        Some(kept) => with_cookie(response, &set_cookie(web, draft_cookie(web), &kept.secret)),
        None => response,
    }
}

/// Deletes this browser's draft and shows the empty form.
pub(super) async fn begin_anew(web: &Web, visitor: &Visitor, round: &Round) -> Result<Response, Problem> {
    if let Some(secret) = visitor.view.draft.as_deref() {
        web.app.drop_draft(&visitor.actor, &round.recruitment.id, secret).await?;
    }
    let empty = Redirect::to(&round.path("/ansokan")).into_response();
    Ok(with_cookie(empty, &set_cookie(web, draft_cookie(web), "")))
}

/// Says that the form holds a draft, to whoever sits at this browser now.
pub(super) fn whose(lang: Lang) -> Markup {
    html! {
        div.notice.warn {
            p { (t(lang,
                "Det här är ett utkast som inte är skickat. Det ligger kvar i den här webbläsaren i högst ett dygn.",
                "This is a draft that has not been sent. It stays in this browser for at most a day.")) }
            button.quiet type="submit" name="rensa" value="ja" formnovalidate {
                (t(lang, "Ta bort utkastet och börja om", "Delete the draft and begin anew")) }
        }
    }
}

fn file_field(place: FilePlace) -> String {
    format!("fil_{}", place.code())
}

fn part_field(place: FilePlace, index: usize) -> String {
    format!("del-{}-{index}", place.code())
}

fn too_large(lang: Lang) -> String {
    t(
        lang,
        "Filen är större än 10 MB. Ta bort bilder, spara dokumentet som PDF och välj den filen.",
        "The file is larger than 10 MB. Remove pictures, save the document as PDF and choose that file.",
    )
    .to_owned()
}

fn no_files(lang: Lang) -> String {
    t(
        lang,
        "Filer kan inte tas emot här just nu. Klistra in texten i stället.",
        "Files cannot be taken here now. Paste the text instead.",
    )
    .to_owned()
}

/// The control that a file is chosen with, and what is there already.
pub(super) fn field(lang: Lang, place: FilePlace, files: &[ReadFile], found: &[Fault]) -> Markup {
    let id = file_field(place);
    let label = match place {
        FilePlace::Letter => t(lang, "Eller personligt brev som fil", "Or the personal letter as a file"),
        FilePlace::Cv => t(lang, "Eller meritförteckning som fil", "Or the curriculum vitae as a file"),
    };
    let message = found.iter().find(|fault| fault.field == id).map(|fault| fault.message.as_str());
    let there = files.iter().find(|file| file.place == place);
    let described = match message {
        Some(_) => format!("{id}-fel {id}-tips"),
        None => format!("{id}-tips"),
    };
    html! {
        div.field {
            label for=(id) { (label) }
            p.hint id={ (id) "-tips" } { (t(lang,
                "PDF, DOCX, ODT, RTF, Markdown eller text, högst 10 MB. Filens namn sparas inte.",
                "PDF, DOCX, ODT, RTF, Markdown or text, at most 10 MB. The name of the file is not kept.")) }
            @if let Some(message) = message { p.field-error id={ (id) "-fel" } { (message) } }
            @if let Some(file) = there {
                p { strong { (t(lang, "Mottagen fil: ", "File received: ")) } (size_words(lang, &file.outcome)) }
                label.choice {
                    input type="checkbox" name="ta_bort" value=(place.code());
                    span { (t(lang, "Ta bort den filen", "Remove that file")) }
                }
            }
            input id=(id) name=(id) type="file" accept=".pdf,.docx,.odt,.rtf,.md,.txt"
                aria-invalid=[message.map(|_| "true")] aria-describedby=(described);
        }
    }
}

/// What a file is, in a few words.
fn size_words(lang: Lang, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Read(reading) => {
            let kind = kind_name(lang, reading.kind);
            let words = reading.words();
            match (lang, reading.pages) {
                (Lang::Sv, 0) => format!("{kind}, {words} ord"),
                (Lang::En, 0) => format!("{kind}, {words} words"),
                (Lang::Sv, 1) => format!("{kind}, 1 sida, {words} ord"),
                (Lang::En, 1) => format!("{kind}, 1 page, {words} words"),
                (Lang::Sv, pages) => format!("{kind}, {pages} sidor, {words} ord"),
                (Lang::En, pages) => format!("{kind}, {pages} pages, {words} words"),
            }
        }
        _ => t(lang, "den kunde inte läsas", "it could not be read").to_owned(),
    }
}

// ---- the check ----------------------------------------------------------------------------------

/// Shows what was read of the files.
///
/// # Errors
/// When there is no such open round.
pub async fn check(
    visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let round = Round::open(&web, &id).await?;
    match draft(&web, &visitor, &round).await? {
        Some((typed, files)) if !files.is_empty() => {
            Ok(check_page(&web, &visitor.view, &round, &typed, &files, &[]))
        }
        _ => Ok(Redirect::to(&round.path("/ansokan")).into_response()),
    }
}

/// Sends what was checked, or goes back to the form with it.
///
/// # Errors
/// When there is no such open round, the draft is gone, or nothing could be stored; it is safe to send again then.
pub async fn send_checked(
    visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let round = Round::open(&web, &id).await?;
    let lang = visitor.view.lang;
    let Some((mut typed, files)) = draft(&web, &visitor, &round).await? else { return Err(gone()) };
    typed.checked.zeroize();
    for file in &files {
        let count = parts_of(&file.outcome).len().max(1);
        let parts = (0..count).map(|index| posted.get(&part_field(file.place, index)).to_owned()).collect();
        typed.checked.push((hex::encode(file.mark), parts));
    }
    // What was corrected is kept before anything is looked at: going back, a fault or a crash loses nothing.
    let secret = store(&web, &visitor, &round, &typed, &[], &[]).await?;
    if posted.get("gor") == "tillbaka" {
        return Ok(Redirect::to(&round.path("/ansokan")).into_response());
    }
    let questions = &round.profile.profile().questions;
    let offered: Vec<&str> = round.placements.iter().map(|p| p.id.as_str()).collect();
    let found = faults(&typed, !files.is_empty(), &offered, questions, lang);
    if !found.is_empty() {
        let shown = Shown { typed: &typed, files: &files, found: &found };
        let again = form_page(&web, &visitor.view, &round, &shown).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    let found = faults_of_parts(lang, &typed, &files);
    if !found.is_empty() {
        let again = check_page(&web, &visitor.view, &round, &typed, &files, &found);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    let checked = files
        .iter()
        .map(|file| (file.place, Pii::new(whole(checked_parts(&typed, file).unwrap_or_default()))))
        .collect();
    let copy = typed.clone();
    let submission = typed.submission(lang, Some(SentDraft { secret, checked }));
    hand_in(&web, &visitor, &round, submission, &copy).await
}

/// The parts as one text, the empty ones left out.
fn whole(parts: &[String]) -> String {
    let full: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    full.join("\n\n")
}

fn gone() -> Problem {
    Problem::new(
        StatusCode::GONE,
        "draft-gone",
        (
            "Utkastet finns inte längre",
            "Ansökan är redan skickad, eller så har utkastet legat orört i mer än ett dygn. Har du fått en \
             kvittokod är ansökan inlämnad.",
        ),
        (
            "The draft is no longer here",
            "The application has been sent already, or the draft was left for more than a day. If you got a \
             receipt code, the application is handed in.",
        ),
    )
}

fn faults_of_parts(lang: Lang, typed: &Typed, files: &[ReadFile]) -> Vec<Fault> {
    let mut found = Vec::new();
    for file in files {
        for (index, part) in checked_parts(typed, file).unwrap_or_default().iter().enumerate() {
            let field = part_field(file.place, index);
            if part.chars().count() > TEXT_CHARS_MAX {
                found.push(Fault { field, message: too_long(lang) });
            } else if part.contains('\0') {
                found.push(Fault { field, message: bad_character(lang) });
            }
        }
    }
    found
}

/// The parts of a file as the applicant left them, if this very file was checked before.
fn checked_parts<'a>(typed: &'a Typed, file: &ReadFile) -> Option<&'a [String]> {
    let mark = hex::encode(file.mark);
    typed.checked.iter().find(|(of, _)| *of == mark).map(|(_, parts)| parts.as_slice())
}

fn parts_of(outcome: &Outcome) -> Vec<Passage> {
    match outcome {
        Outcome::Read(reading) => passages(reading),
        _ => Vec::new(),
    }
}

fn check_page(
    web: &Web,
    view: &View,
    round: &Round,
    typed: &Typed,
    files: &[ReadFile],
    found: &[Fault],
) -> Response {
    let lang = view.lang;
    let title = t(lang, "Kontrollera det vi läste", "Check what was read");
    let twice = files.len() == 2 && files.first().map(|file| file.mark) == files.last().map(|file| file.mark);
    let body = html! {
        @if !found.is_empty() {
            div.error role="alert" {
                h2 { (t(lang, "Något behöver rättas", "Something needs mending")) }
                p { (t(lang, "Inget har skickats än.", "Nothing has been sent yet.")) }
                ul { @for fault in found { li { a href={ "#" (fault.field) } { (fault.message) } } } }
            }
        }
        p.muted { (round.recruitment.title.get(lang)) " · "
            (t(lang, "Sista steget före sändning", "The last step before sending")) }
        h1 { (title) }
        p.lead { (t(lang,
            "Det är den här texten som granskas, utan dina personuppgifter. Rätta det som blev fel. Filerna sparas \
             krypterade som de är.",
            "This is the text that is reviewed, without your personal data. Correct what went wrong. The files are \
             kept encrypted as they are.")) }
        @if twice {
            div.notice.warn { p { (t(lang,
                "Du har valt samma fil som personligt brev och som meritförteckning. Gå tillbaka och ta bort den ena \
                 om det inte var meningen.",
                "You have chosen the same file as personal letter and as curriculum vitae. Go back and remove one \
                 of them if you did not mean to.")) } }
        }
        form method="post" action=(round.path("/kontroll")) novalidate {
            input type="hidden" name="token" value=(view.form_token);
            @for file in files { (one_file(lang, typed, file, found)) }
            p { (t(lang,
                "När du skickar får du en kvittokod. Den visas en enda gång.",
                "When you send you get a receipt code. It is shown only once.")) }
            div.actions {
                button type="submit" name="gor" value="skicka" { (t(lang, "Skicka ansökan", "Send the application")) }
                " "
                button.quiet type="submit" name="gor" value="tillbaka" {
                    (t(lang, "Tillbaka till formuläret", "Back to the form")) }
            }
        }
    };
    page(web, view, title, body)
}

fn one_file(lang: Lang, typed: &Typed, file: &ReadFile, found: &[Fault]) -> Markup {
    let id = format!("fil-{}", file.place.code());
    html! {
        section.card aria-labelledby=(id) {
            h2 id=(id) { (place_name(lang, file.place)) }
            @if matches!(file.outcome, Outcome::Read(_)) { p.muted { (size_words(lang, &file.outcome)) } }
            @match &file.outcome {
                Outcome::Read(reading) => {
                    (unseen(lang, reading))
                    (mended(lang, reading))
                    @for (index, passage) in passages(reading).iter().enumerate() {
                        @let text = checked_parts(typed, file).and_then(|parts| parts.get(index));
                        (part(lang, file.place, index, passage, text.map_or(passage.text.as_str(), String::as_str), found))
                    }
                }
                Outcome::Refused(refusal) => {
                    (not_read(lang, refusal.advice(lang == Lang::Sv)))
                    (by_hand(lang, typed, file, found))
                }
                Outcome::Ended(_) => {
                    (not_read(lang, t(lang,
                        "Filen gick inte att läsa. Spara dokumentet som PDF på nytt och välj den filen.",
                        "The file could not be read. Save the document as PDF again and choose that file.")))
                    (by_hand(lang, typed, file, found))
                }
            }
        }
    }
}

/// Words that are in the file and that nobody sees.
fn unseen(lang: Lang, reading: &Reading) -> Markup {
    let count = reading.hidden_words();
    let words = match (lang, count) {
        (Lang::Sv, 1) => "1 ord i filen kan inte ses av en läsare.".to_owned(),
        (Lang::Sv, _) => format!("{count} ord i filen kan inte ses av en läsare."),
        (Lang::En, 1) => "1 word in this file cannot be seen by a reader.".to_owned(),
        (Lang::En, _) => format!("{count} words in this file cannot be seen by a reader."),
    };
    html! {
        @if count > 0 {
            div.notice.warn {
                p { strong { (words) } " " (t(lang,
                    "De ges varken till den som granskar eller till AI-stödet. Antalet visas för den som granskar.",
                    "They are given neither to the reviewer nor to the AI support. Their number is shown to the \
                     reviewer.")) }
                details {
                    summary { (t(lang, "Visa dem", "Show them")) }
                    ul { @for hidden in &reading.hidden { (unseen_words(lang, hidden)) } }
                }
            }
        }
    }
}

fn unseen_words(lang: Lang, hidden: &Hidden) -> Markup {
    let why: Why = hidden.why;
    html! { li { (why_words(lang, why)) " (" (hidden.words) "): " q { (hidden.text) } } }
}

/// Letters that were not what they seemed, and pages that are pictures.
fn mended(lang: Lang, reading: &Reading) -> Markup {
    let tricks: &[(Trick, u32)] = &reading.tricks;
    html! {
        @if !tricks.is_empty() {
            div.notice {
                p { (t(lang,
                    "Några tecken var inte vad de såg ut att vara, och har gjorts till det:",
                    "Some characters were not what they seemed, and were made so:")) }
                ul { @for (trick, count) in tricks { li { (count) " " (trick_words(lang, *trick)) } } }
            }
        }
        @if reading.pages_without_text > 0 {
            div.notice.warn { p {
                @match lang {
                    Lang::Sv => { (reading.pages_without_text) " av " (reading.pages) " sidor är bilder utan text. \
                        Det som står på dem läses inte. Skriv det i formuläret om det ska vara med." }
                    Lang::En => { (reading.pages_without_text) " of " (reading.pages) " pages are pictures without \
                        text. What they say is not read. Write it in the form if it is to count." }
                }
            } }
        }
    }
}

fn part(
    lang: Lang,
    place: FilePlace,
    index: usize,
    passage: &Passage,
    text: &str,
    found: &[Fault],
) -> Markup {
    let name = match passage.part {
        Part::Body => section_name(lang, passage.section),
        Part::Margin => t(lang, "Sidhuvud och sidfot", "Top and bottom of pages"),
        Part::Note => t(lang, "Fotnoter", "Footnotes"),
    };
    area(&part_field(place, index), name, None, text, found)
}

/// The text of a file that no machine can read, typed by hand.
fn by_hand(lang: Lang, typed: &Typed, file: &ReadFile, found: &[Fault]) -> Markup {
    let text = checked_parts(typed, file).and_then(<[String]>::first).map_or("", String::as_str);
    let hint = t(
        lang,
        "Lämnar du det tomt får en människa läsa filen i original, och AI-stödet läser inte ansökan.",
        "If you leave it empty, a person reads the original file and the AI support does not read the application.",
    );
    area(
        &part_field(file.place, 0),
        t(lang, "Skriv eller klistra in texten", "Write or paste the text"),
        Some(hint),
        text,
        found,
    )
}

fn area(id: &str, label: &str, hint: Option<&str>, text: &str, found: &[Fault]) -> Markup {
    /// Letters of one line of the field on a wide screen.
    const LETTERS: usize = 62;
    let message = found.iter().find(|fault| fault.field == id).map(|fault| fault.message.as_str());
    let lines: usize = text.lines().map(|line| line.chars().count() / LETTERS + 1).sum();
    let rows = lines.clamp(if text.is_empty() { 6 } else { 2 }, 40);
    html! {
        div.field {
            label for=(id) { (label) }
            @if let Some(hint) = hint { p.hint { (hint) } }
            @if let Some(message) = message { p.field-error id={ (id) "-fel" } { (message) } }
            // A browser drops the first line end of a text area; this one is it.
            textarea.fit id=(id) name=(id) rows=(rows) aria-invalid=[message.map(|_| "true")] { "\n" (text) }
        }
    }
}

fn not_read(lang: Lang, advice: &str) -> Markup {
    html! {
        div.notice.warn {
            p { strong { (t(lang, "Vi kunde inte läsa filen.", "We could not read the file.")) } " " (advice) }
            p { (t(lang,
                "Gå tillbaka till formuläret för att välja en annan fil. Du kan också skicka ändå.",
                "Go back to the form to choose another file. You can also send all the same.")) }
        }
    }
}
