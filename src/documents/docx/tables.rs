//! Tables of a DOCX (ECMA-376-1, 17.4).
//!
//! A table of facts gives a line for each row. One that lays out a page, as many templates of CVs do, gives what
//! stands in its cells as if there were no table.

use std::rc::Rc;

use super::colour::{Fill, Ground, WHITE};
use super::styles::{self, TableLook};
use super::{Context, Flow, Story, is_aside, package};
use crate::xml::{Event, Reader, Space};
use crate::{Refusal, Shape, Why};

/// Twips of an exact row that show nothing of what stands in it.
const FLAT: u32 = 40;
/// Paragraphs in one cell, beyond which a table serves to lay out a page.
const LAID_OUT: usize = 3;

/// A table that is being read.
#[derive(Default)]
struct Table {
    look: TableLook,
    first_row: bool,
    first_column: bool,
    row: usize,
}

impl Table {
    /// What holds in a cell with this shading of its own.
    fn context(&self, context: &Context, column: usize, own: Option<Fill>) -> Context {
        let mut run = self.look.run.clone();
        let mut shade = self.look.shade.filter(|fill| *fill != Fill::Clear);
        let mut others = Vec::new();
        for (part, (fill, look)) in &self.look.parts {
            let surely = part == "firstRow" && self.first_row && self.row == 0
                || part == "firstCol" && self.first_column && column == 0
                || part == "wholeTable";
            let fill = fill.filter(|fill| *fill != Fill::Clear);
            if surely {
                run.under(look);
                shade = fill.or(shade);
            } else {
                // Bands and last rows are known when the table ends: their fills may lie behind.
                others.extend(fill);
            }
        }
        let mut ground = match (own.filter(|fill| *fill != Fill::Clear).or(shade), &context.ground) {
            (Some(fill), _) => Ground::of(fill),
            (None, Some(around)) => around.as_ref().clone(),
            (None, None) if others.is_empty() => {
                return Context { table: Rc::new(run), ..context.clone() };
            }
            (None, None) => Ground::of(Fill::Rgb(WHITE)),
        };
        if own.is_none_or(|fill| fill == Fill::Clear) {
            for fill in others {
                ground.perhaps(fill);
            }
        }
        Context { gone: context.gone, ground: Some(Rc::new(ground)), table: Rc::new(run) }
    }
}

impl Story<'_> {
    /// Reads a table to its end.
    pub(super) fn table(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        flow: &mut Flow,
    ) -> Result<(), Refusal> {
        let mut table = Table {
            look: self.styles.get("table", None).map(|style| style.table.clone()).unwrap_or_default(),
            ..Table::default()
        };
        self.rows(reader, context, &mut table, flow)
    }

    fn rows(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        table: &mut Table,
        flow: &mut Flow,
    ) -> Result<(), Refusal> {
        loop {
            let element = match reader.next()? {
                Event::Start(element) => element,
                Event::Text(_) => continue,
                Event::End | Event::Eof => return Ok(()),
            };
            match (element.space, element.name.as_str()) {
                (Space::W, "tblPr") => self.look_of_table(reader, table)?,
                (Space::W, "tr") => {
                    self.row(reader, context, table, flow)?;
                    table.row += 1;
                }
                (Space::W, "p" | "tbl") | (Space::Mc, _) => self.block(reader, &element, context, flow)?,
                (Space::W, "del" | "moveFrom") => {
                    self.rows(reader, &context.gone(Why::Deleted), table, flow)?;
                }
                (Space::W, name) if is_aside(name) || name == "tblGrid" => reader.skip()?,
                (Space::W, _) => self.rows(reader, context, table, flow)?,
                _ => self.strange(reader)?,
            }
        }
    }

    fn look_of_table(&self, reader: &mut Reader<'_>, table: &mut Table) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                Event::Start(element) => {
                    match element.name.as_str() {
                        "tblStyle" => {
                            let style = self.styles.get("table", element.attr("val"));
                            table.look = style.map(|style| style.table.clone()).unwrap_or_default();
                        }
                        "shd" => table.look.shade = Some(self.palette.shade(&element)),
                        "tblLook" => {
                            let bits = element
                                .attr("val")
                                .and_then(|bits| u32::from_str_radix(bits, 16).ok())
                                .unwrap_or(0);
                            let set = |name: &str, bit: u32| {
                                element
                                    .attr(name)
                                    .map_or(bits & bit != 0, |value| matches!(value, "1" | "true" | "on"))
                            };
                            table.first_row = set("firstRow", 0x20);
                            table.first_column = set("firstColumn", 0x80);
                        }
                        _ => {}
                    }
                    reader.skip()?;
                }
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    fn row(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        table: &Table,
        flow: &mut Flow,
    ) -> Result<(), Refusal> {
        let mut cells: Vec<Flow> = Vec::new();
        self.cells(reader, context.clone(), table, &mut cells)?;
        let laid_out = cells.iter().any(|cell| {
            cell.pieces.len() > LAID_OUT
                || cell.pieces.iter().any(|(shape, _)| matches!(shape, Shape::Row | Shape::Item))
                || cell.pieces.len() > 1 && cell.pieces.iter().any(|(shape, _)| *shape == Shape::Heading)
        });
        if laid_out || cells.len() == 1 {
            flow.pieces.extend(cells.into_iter().flat_map(|cell| cell.pieces));
            return Ok(());
        }
        let texts: Vec<String> = cells
            .into_iter()
            .map(|cell| cell.pieces.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" "))
            .collect();
        let text = texts.join("\t");
        if !text.trim().is_empty() {
            flow.pieces.push((Shape::Row, text.trim_end_matches('\t').to_owned()));
        }
        Ok(())
    }

    fn cells(
        &mut self,
        reader: &mut Reader<'_>,
        mut context: Context,
        table: &Table,
        cells: &mut Vec<Flow>,
    ) -> Result<(), Refusal> {
        loop {
            let element = match reader.next()? {
                Event::Start(element) => element,
                Event::Text(_) => continue,
                Event::End | Event::Eof => return Ok(()),
            };
            match (element.space, element.name.as_str()) {
                (Space::W, "trPr") => {
                    if let Some(why) = package::row_is_gone(reader, FLAT)? {
                        context = context.gone(why);
                    }
                }
                (Space::W, "tc") => {
                    let mut cell = Flow::default();
                    self.cell(reader, &context, table, cells.len(), &mut cell)?;
                    cells.push(cell);
                }
                (Space::W, name) if is_aside(name) => reader.skip()?,
                (Space::W, _) => self.cells(reader, context.clone(), table, cells)?,
                _ => self.strange(reader)?,
            }
        }
    }

    fn cell(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        table: &Table,
        column: usize,
        flow: &mut Flow,
    ) -> Result<(), Refusal> {
        let mut within = table.context(context, column, None);
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::W, "tcPr") => {
                    let shade = styles::shade_in(reader, &self.palette)?;
                    within = table.context(context, column, shade);
                }
                Event::Start(element) => self.block(reader, &element, &within, flow)?,
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }
}
