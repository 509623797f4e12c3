//! Marks: the form for the blind ones, the form to change one, and everybody's side by side.
//!
//! No mark is chosen in advance, and before the blind marks nothing here says what others gave.

use maud::{Markup, html};

use super::kept::{Kept, lacks_mark, reason_fault, says_too_little, typed_mark};
use crate::casework::review::{Mark, MarkView, ReviewFile, marked_now, settled_by_words};
use crate::subject::id::{CriterionId, StaffId};
use crate::subject::profile::Criterion;
use crate::subject::words::Lang;
use crate::web::callers::View;
use crate::web::layout::t;

pub(super) fn scale(criterion: &Criterion) -> &'static [Mark] {
    if settled_by_words(criterion) {
        &[Mark::Evidenced, Mark::NotEvidenced, Mark::Unclear]
    } else {
        &[Mark::Grade(1), Mark::Grade(2), Mark::Grade(3), Mark::Grade(4), Mark::Grade(5)]
    }
}

fn mark_words(lang: Lang, mark: Mark) -> &'static str {
    match mark {
        Mark::Evidenced => t(lang, "styrkt", "evidenced"),
        Mark::NotEvidenced => t(lang, "ej styrkt", "not evidenced"),
        Mark::Unclear => t(lang, "oklart", "unclear"),
        grade => grade.code(),
    }
}

pub(super) fn mark_field(criterion: &CriterionId, code: &str) -> String {
    format!("omdome-{criterion}-{code}")
}

pub(super) fn blind_form(view: &View, file: &ReviewFile, kept: &Kept) -> Markup {
    let lang = view.lang;
    let criteria = file.criteria();
    html! {
        h2 { (t(lang, "Dina omdömen", "Your marks")) }
        p.measure { (t(lang,
            "Läs texten och sätt ditt omdöme på varje kriterium. Rangband och belägg visas när du har lämnat \
             alla omdömen, så att de inte påverkar din läsning.",
            "Read the text and give every criterion your mark. Rank band and evidence are shown when you \
             have given all marks, so that they do not colour your reading.")) }
        p.hint { (t(lang,
            "Du kan ändra ett omdöme efteråt om du skriver varför. Det första står alltid kvar.",
            "You can change a mark afterwards if you write why. The first one always stays.")) }
        form.marks method="post" action={ "/arbete/ansokningar/" (file.facts().id) "/omdomen" } {
            input type="hidden" name="token" value=(view.form_token);
            @for criterion in &criteria {
                @if marked_now(criterion) { (mark_fieldset(lang, criterion, kept)) }
            }
            (for_the_interview(lang, &criteria))
            button type="submit" {
                (t(lang, "Lämna omdömen och visa rangband", "Give marks and show the rank band"))
            }
        }
    }
}

pub(super) fn for_the_interview(lang: Lang, criteria: &[&Criterion]) -> Markup {
    html! {
        @if criteria.iter().any(|criterion| !marked_now(criterion)) {
            div.notice {
                h3 { (t(lang, "Bedöms vid intervjun", "Assessed at the interview")) }
                ul {
                    @for criterion in criteria.iter().filter(|criterion| !marked_now(criterion)) {
                        li { (criterion.id) " " (criterion.label.get(lang)) }
                    }
                }
                p { (t(lang,
                    "Personliga egenskaper bedöms inte ur texten, varken av dig eller av AI-stödet.",
                    "Personal qualities are not assessed from the text, neither by you nor by the AI \
                     support.")) }
            }
        }
    }
}

fn mark_fieldset(lang: Lang, criterion: &Criterion, kept: &Kept) -> Markup {
    let id = &criterion.id;
    let lacks = lacks_mark(kept, criterion);
    let about = if lacks { format!("om-{id} fel-{id}") } else { format!("om-{id}") };
    html! {
        fieldset.card.criterion role="radiogroup" aria-describedby=(about)
            aria-invalid=[lacks.then_some("true")] {
            legend { (id) " " (criterion.label.get(lang)) }
            p.hint id={ "om-" (id) } { (kind_sentence(lang, criterion)) (criterion.description.get(lang)) }
            (guide(lang, criterion))
            @if lacks {
                p.field-error id={ "fel-" (id) } { (t(lang, "Välj ett omdöme.", "Choose a mark.")) }
            }
            @let grades = !settled_by_words(criterion);
            div.scale.grades[grades] {
                @for mark in scale(criterion) {
                    label.choice {
                        input type="radio" id=(mark_field(id, mark.code())) name={ "mark." (id) }
                            value=(mark.code())
                            checked[typed_mark(kept, id) == Some(mark.code())];
                        span { (mark_words(lang, *mark)) }
                    }
                }
            }
            @if grades {
                p.hint { (t(lang, "1 svagt, 3 tillräckligt, 5 starkt", "1 weak, 3 adequate, 5 strong")) }
            }
        }
    }
}

/// The kind of requirement as a sentence of its own, before the description.
pub(super) fn kind_sentence(lang: Lang, criterion: &Criterion) -> String {
    let mut letters = criterion.kind.label(lang).chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}. ", letters.as_str())
}

fn guide(lang: Lang, criterion: &Criterion) -> Markup {
    html! {
        @if settled_by_words(criterion) {
            details {
                summary { (t(lang, "Vägledning", "Guide")) }
                p { (t(lang,
                    "Styrkt: det står i texten. Ej styrkt: det står inte, eller något annat står; det är \
                     aldrig i sig ett avslag. Oklart: någon behöver fråga.",
                    "Evidenced: the text says so. Not evidenced: it does not, or it says something else; \
                     that is never a rejection in itself. Unclear: somebody needs to ask.")) }
            }
        } @else if let Some(anchors) = &criterion.anchors {
            details {
                summary { (t(lang, "Vägledning", "Guide")) }
                dl.guide {
                    dt { (t(lang, "1, ungefär så här", "1, about like this")) }
                    dd { (anchors.weak.get(lang)) }
                    dt { (t(lang, "3, ungefär så här", "3, about like this")) }
                    dd { (anchors.adequate.get(lang)) }
                    dt { (t(lang, "5, ungefär så här", "5, about like this")) }
                    dd { (anchors.strong.get(lang)) }
                }
            }
        } @else {
            p.hint { (t(lang,
                "Kravprofilen har inga exempel för det här kriteriet.",
                "The requirement profile has no examples for this criterion.")) }
        }
    }
}

pub(super) fn own_marks(lang: Lang, file: &ReviewFile, mark: &MarkView) -> Markup {
    html! {
        dl.facts {
            dt { (t(lang, "Ditt första omdöme", "Your first mark")) }
            dd { (mark_words(lang, mark.blind)) }
            dt { (t(lang, "Ditt omdöme nu", "Your mark now")) }
            dd {
                strong { (mark_words(lang, mark.last)) }
                @if let Some(reason) = &mark.reason {
                    p.reason { (t(lang, "Skäl: ", "Reason: ")) (reason.disclose(file.access())) }
                }
            }
        }
    }
}

pub(super) fn change_form(
    view: &View,
    file: &ReviewFile,
    criterion: &Criterion,
    mark: &MarkView,
    kept: &Kept,
) -> Markup {
    let lang = view.lang;
    let id = &criterion.id;
    let typed = match kept {
        Kept::Change { criterion, mark, reason } if criterion == id => Some((mark.as_str(), reason.as_str())),
        _ => None,
    };
    let chosen = typed.map_or(mark.last.code(), |(mark, _)| mark);
    let bad_mark = typed.is_some() && !Mark::parse(chosen).is_some_and(|mark| mark.fits(criterion));
    let bad_reason = typed.is_some_and(|(_, reason)| says_too_little(reason));
    html! {
        details open[typed.is_some()] {
            summary { (t(lang, "Ändra ditt omdöme", "Change your mark")) }
            form method="post" action={ "/arbete/ansokningar/" (file.facts().id) "/andra" } {
                input type="hidden" name="token" value=(view.form_token);
                input type="hidden" name="criterion" value=(id);
                div.field {
                    label for={ "ny-" (id) } { (t(lang, "Nytt omdöme på ", "New mark for ")) (id) }
                    @if bad_mark {
                        p.field-error id={ "fel-ny-" (id) } {
                            (t(lang, "Välj ett omdöme.", "Choose a mark."))
                        }
                    }
                    select.short-input id={ "ny-" (id) } name="mark" aria-invalid=[bad_mark.then_some("true")]
                        aria-describedby=[bad_mark.then(|| format!("fel-ny-{id}"))] {
                        @for mark in scale(criterion) {
                            option value=(mark.code()) selected[mark.code() == chosen] {
                                (mark_words(lang, *mark))
                            }
                        }
                    }
                }
                (reason_field(lang, id.as_str(), t(lang, "Varför ändrar du?", "Why do you change it?"),
                    typed.map_or("", |(_, reason)| reason), bad_reason))
                button.secondary type="submit" { (t(lang, "Spara ändringen", "Store the change")) }
            }
        }
    }
}

pub(super) fn reason_field(lang: Lang, id: &str, label: &str, typed: &str, bad: bool) -> Markup {
    let about = if bad { format!("rad-{id} fel-skal-{id}") } else { format!("rad-{id}") };
    html! {
        div.field {
            label for={ "skal-" (id) } { (label) }
            p.hint id={ "rad-" (id) } { (t(lang,
                "Minst 10 tecken. Skriv sakligt: den sökande kan begära ut texten.",
                "At least 10 characters. Keep to facts: the applicant can ask for the text.")) }
            @if bad { p.field-error id={ "fel-skal-" (id) } { (reason_fault(lang)) } }
            // A line break right after the tag would be swallowed when the form is sent again.
            textarea.short id={ "skal-" (id) } name="reason" rows="3" aria-describedby=(about)
                aria-invalid=[bad.then_some("true")] { "\n" (typed) }
        }
    }
}

pub(super) fn all_marks(lang: Lang, file: &ReviewFile) -> Markup {
    let mut people: Vec<(&StaffId, bool)> = Vec::new();
    for mark in &file.marks {
        if !people.iter().any(|(staff, _)| **staff == mark.staff) {
            people.push((&mark.staff, mark.own));
        }
    }
    // The reader first, then by id: an order that says nothing of who was first or is senior.
    people.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let others = people.iter().filter(|(_, own)| !own).count();
    let first_other = people.len() - others;
    html! {
        h2 { (t(lang, "Allas omdömen", "Everybody's marks")) }
        @if others == 0 {
            p.notice {
                @if people.is_empty() {
                    (t(lang, "Ingen bedömare har lämnat sina omdömen ännu.",
                        "No assessor has given marks yet."))
                } @else {
                    (t(lang, "Ingen annan har lämnat sina omdömen ännu.", "Nobody else has given marks yet."))
                }
            }
        } @else {
            div.table-wrap tabindex="0" role="region"
                aria-label=(t(lang, "Allas omdömen", "Everybody's marks")) {
                table {
                    caption { (t(lang,
                        "Det första omdömet gavs blint. Efter pilen står det som gäller nu.",
                        "The first mark was given blind. After the arrow stands what holds now.")) }
                    thead {
                        tr {
                            th scope="col" { (t(lang, "Kriterium", "Criterion")) }
                            @for (index, (_, own)) in people.iter().enumerate() {
                                th scope="col" {
                                    @if *own { (t(lang, "du", "you")) }
                                    @else { (t(lang, "Bedömare ", "Assessor ")) (index + 1 - first_other) }
                                }
                            }
                        }
                    }
                    tbody {
                        @for criterion in file.criteria().into_iter().filter(|one| marked_now(one)) {
                            tr {
                                th scope="row" { (criterion.id) " " (criterion.label.get(lang)) }
                                @for (staff, _) in &people {
                                    td {
                                        @let here = |mark: &&MarkView| {
                                            mark.staff == **staff && mark.criterion == criterion.id
                                        };
                                        @match file.marks.iter().find(here) {
                                            Some(mark) => (mark_cell(lang, file, mark)),
                                            None => span.muted { "–" },
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn mark_cell(lang: Lang, file: &ReviewFile, mark: &MarkView) -> Markup {
    html! {
        (mark_words(lang, mark.blind))
        @if let Some(reason) = &mark.reason {
            " → " strong { (mark_words(lang, mark.last)) }
            @if !mark.own { p.reason { (reason.disclose(file.access())) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_of_a_scale_reads_back_from_its_field() {
        for mark in [Mark::Evidenced, Mark::NotEvidenced, Mark::Unclear, Mark::Grade(1), Mark::Grade(5)] {
            assert_eq!(Mark::parse(mark.code()), Some(mark));
        }
        assert_eq!(mark_words(Lang::Sv, Mark::NotEvidenced), "ej styrkt");
        assert_eq!(mark_words(Lang::En, Mark::Grade(4)), "4");
    }
}
