//! What belongs to the text of a DOCX and stands in parts of its own: notes, headers and footers, comments,
//! diagrams and charts (ECMA-376-1, 17.10, 17.11 and 17.13.4).

use std::collections::HashSet;

use super::package::{self, Relations};
use super::{Context, Flow, Story};
use crate::xml::{self, Event, Reader, Space};
use crate::zipped::Archive;
use crate::{Part, Refusal, Shape, Why};

impl Story<'_> {
    /// Texts of diagrams and charts, which stand in parts of their own.
    pub(super) fn graphics(&mut self, archive: &mut Archive<'_>, flow: &mut Flow) -> Result<(), Refusal> {
        let mut drawn = HashSet::new();
        for id in std::mem::take(&mut self.graphics) {
            let Some(name) = self.relations.by_id(&id).map(str::to_owned) else { continue };
            if !drawn.insert(id) {
                continue;
            }
            let Some(bytes) = archive.part(&name)? else { continue };
            let text = xml::decode(&bytes)?;
            let texts = package::drawn_texts(&text, self.limits)?;
            flow.pieces.extend(texts.into_iter().map(|text| (Shape::Paragraph, text)));
        }
        Ok(())
    }

    pub(super) fn notes(&mut self, archive: &mut Archive<'_>, relations: &Relations) -> Result<(), Refusal> {
        for kind in ["footnotes", "endnotes"] {
            let foot = kind == "footnotes";
            for (name, text) in package::parts(archive, relations, &[kind])? {
                self.relations = Relations::of(archive, &name, self.limits)?;
                let mut reader = Reader::new(&text, self.limits);
                loop {
                    match reader.next()? {
                        Event::Start(element) if element.is(Space::W, kind) => {}
                        Event::Start(element)
                            if element.space == Space::W && element.name.ends_with("note") =>
                        {
                            let id = element.attr("id").unwrap_or_default().to_owned();
                            let shown = self.notes.contains(&(foot, id));
                            self.aside(&mut reader, Part::Note, shown)?;
                        }
                        Event::Start(_) => reader.skip()?,
                        Event::Eof => break,
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads blocks that are shown on condition that something refers to them.
    fn aside(&mut self, reader: &mut Reader<'_>, part: Part, shown: bool) -> Result<(), Refusal> {
        let context = Context::default();
        let context = if shown { context } else { context.gone(Why::Marked) };
        let mut flow = Flow::default();
        self.fields.clear();
        self.blocks(reader, &context, &mut flow)?;
        self.give(part, flow)
    }

    pub(super) fn margins(
        &mut self,
        parts: Vec<(String, String)>,
        relations: &Relations,
        even: bool,
    ) -> Result<(), Refusal> {
        let mut seen: HashSet<String> = HashSet::new();
        let shown: HashSet<String> = std::mem::take(&mut self.margins)
            .into_iter()
            .filter(|(_, kind)| even || kind != "even")
            .filter_map(|(id, _)| relations.by_id(&id).map(str::to_owned))
            .collect();
        for (name, text) in parts {
            let mut reader = Reader::new(&text, self.limits);
            let context = Context::default();
            let context = if shown.contains(&name) { context } else { context.gone(Why::Marked) };
            let mut flow = Flow::default();
            self.fields.clear();
            self.blocks(&mut reader, &context, &mut flow)?;
            flow.pieces.retain(|(_, text)| seen.insert(text.clone()));
            self.give(Part::Margin, flow)?;
        }
        Ok(())
    }

    pub(super) fn comments(
        &mut self,
        archive: &mut Archive<'_>,
        relations: &Relations,
    ) -> Result<(), Refusal> {
        for (_, text) in package::parts(archive, relations, &["comments"])? {
            let mut reader = Reader::new(&text, self.limits);
            loop {
                match reader.next()? {
                    Event::Start(element) if element.is(Space::W, "comment") => {
                        let text = reader.rest()?;
                        self.hide(Why::Comment, &text);
                    }
                    Event::Eof => break,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
