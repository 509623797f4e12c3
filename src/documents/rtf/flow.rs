//! Paragraphs, cells, rows and shapes of RTF 1.9.1, and how they become pieces.

use super::colour::Shade;
use super::{Flow, Paragraph, Place, Reader};
use crate::{Part, Piece, Shape, Why};

impl Reader {
    /// Takes a property of a shape that has been read.
    pub(super) fn property(&mut self) {
        let value = self.value.trim();
        let drawing = self.drawings.last_mut();
        match (self.name.trim(), drawing) {
            ("wzDescription", _) if !value.is_empty() => {
                let text = value.to_owned();
                self.hidden_goes_on = false;
                self.hide(Why::AltText, &text);
            }
            // The text of an ornament is drawn.
            ("gtextUNICODE", _) if !value.is_empty() => {
                let text = value.replace('\r', "\n");
                let part = self.flows.last().map_or(Part::Body, |flow| flow.part);
                self.pieces.push(Piece { part, shape: Shape::Paragraph, page: 0, text });
            }
            ("fHidden", Some(drawing)) => drawing.hidden = value != "0",
            ("fFilled", Some(drawing)) if value == "0" => drawing.fill = None,
            ("fillColor", Some(drawing)) => {
                // Blue, green, red.
                let [red, green, blue, _] = value.parse::<u32>().unwrap_or(0x00ff_ffff).to_le_bytes();
                drawing.fill = drawing.fill.map(|_| [red, green, blue]);
            }
            ("fillType", Some(drawing)) => drawing.painted |= value != "0",
            ("fillOpacity", Some(drawing)) => {
                drawing.painted |= value.parse::<u32>().is_ok_and(|share| share < 60_000);
            }
            _ => {}
        }
    }

    /// Begins a text that stands by itself, in this group.
    pub(super) fn begin_flow(&mut self, part: Part, why: Option<Why>) {
        let why = why.or_else(|| self.flows.last().and_then(|flow| flow.why));
        self.flows.push(Flow::new(part, why));
        self.hidden_goes_on = false;
        self.group.flows += 1;
        self.group.place = Place::Page;
        self.group.paragraph = Paragraph::default();
    }

    /// Ends such a text.
    pub(super) fn end_flow(&mut self) {
        self.end_paragraph();
        self.end_row();
        self.flows.pop();
    }

    /// Gives the paragraph that has been read, to the page or to the cell.
    pub(super) fn end_paragraph(&mut self) {
        self.hidden_goes_on = false;
        let Some(flow) = self.flows.last_mut().filter(|_| self.group.place == Place::Page) else { return };
        let text = std::mem::take(&mut flow.text);
        let item = std::mem::take(&mut flow.item);
        if text.trim().is_empty() {
            return;
        }
        let paragraph = &self.group.paragraph;
        let shape = if paragraph.outline > 0 || self.headings.contains(&paragraph.style) {
            Shape::Heading
        } else if item || paragraph.listed {
            Shape::Item
        } else {
            Shape::Paragraph
        };
        if paragraph.in_table {
            flow.cell.push((shape, text));
        } else {
            let part = flow.part;
            self.end_row();
            self.pieces.push(Piece { part, shape, page: 0, text });
        }
    }

    /// Ends a cell of a table.
    pub(super) fn end_cell(&mut self) {
        if self.group.place != Place::Page {
            return;
        }
        self.group.paragraph.in_table = true;
        self.end_paragraph();
        if let Some(flow) = self.flows.last_mut() {
            flow.row.push(std::mem::take(&mut flow.cell));
        }
    }

    /// Gives the row that has been read: as a row, or paragraph by paragraph when the table lays out a page.
    pub(super) fn end_row(&mut self) {
        let Some(flow) = self.flows.last_mut() else { return };
        if !flow.cell.is_empty() || !flow.text.trim().is_empty() && self.group.paragraph.in_table {
            let mut cell = std::mem::take(&mut flow.cell);
            if self.group.paragraph.in_table {
                cell.push((Shape::Paragraph, std::mem::take(&mut flow.text)));
            }
            flow.row.push(cell);
        }
        let (part, row) = (flow.part, std::mem::take(&mut flow.row));
        let lays_out = row.iter().any(|cell| {
            cell.len() > 3 || cell.len() > 1 && cell.iter().map(|(_, text)| text.len()).sum::<usize>() > 600
        });
        if lays_out {
            let pieces = row.into_iter().flatten().map(|(shape, text)| Piece { part, shape, page: 0, text });
            self.pieces.extend(pieces);
        } else if row.iter().any(|cell| !cell.is_empty()) {
            let cells: Vec<String> = row
                .iter()
                .map(|cell| {
                    cell.iter()
                        .map(|(_, text)| text.as_str())
                        .collect::<Vec<_>>()
                        .join("\n")
                        .replace('\t', " ")
                })
                .collect();
            self.pieces.push(Piece { part, shape: Shape::Row, page: 0, text: cells.join("\t") });
        }
    }
}

impl Flow {
    pub(super) fn new(part: Part, why: Option<Why>) -> Self {
        let (text, cell, row, shades) = (String::new(), Vec::new(), Vec::new(), Vec::new());
        Self { part, why, text, item: false, cell, row, shades, shade: Shade::default() }
    }
}
