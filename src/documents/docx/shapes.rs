//! Drawings of a DOCX: text boxes, pictures and their descriptions, in `DrawingML` (ECMA-376-1, 20 and 21) and in the
//! VML that came before it (ECMA-376-4, 14).

use std::rc::Rc;

use super::colour::{self, Fill, Ground};
use super::{Context, Flow, Paragraph, Story, package};
use crate::xml::{Element, Event, Reader, Space};
use crate::{Refusal, Shape, Why};

/// The shape that is being read.
#[derive(Clone, Default)]
pub(super) struct Scene {
    /// What it is filled with; nothing while that is not known.
    fills: Vec<Fill>,
    /// What stands before it in its group and so behind it.
    behind: Vec<Fill>,
    /// Whether it is switched off.
    gone: bool,
    /// Square EMU.
    area: f64,
}

impl Story<'_> {
    /// Reads a drawing, or what stands in one, to its end.
    pub(super) fn drawing(
        &mut self,
        reader: &mut Reader<'_>,
        element: &Element,
        context: &Context,
        scene: &mut Scene,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        match (element.space, element.name.as_str()) {
            (Space::Wp, "docPr") | (Space::Pic | Space::Wps | Space::Wpg | Space::A, "cNvPr") => {
                self.describe(element);
                scene.gone |= matches!(element.attr("hidden"), Some("1" | "true"));
            }
            (Space::Wp, "extent") => scene.area = package::area(element),
            (Space::Wps, "spPr") | (Space::Wpg, "grpSpPr") => return self.properties(reader, scene),
            (Space::Wps, "style") => return self.style_of_shape(reader, scene),
            (Space::Pic, "pic") => scene.behind.push(Fill::Unknown),
            (Space::V, "textpath") => {
                if let Some(text) = element.attr("string") {
                    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    match context.gone {
                        None => paragraph.boxes.pieces.push((Shape::Paragraph, text)),
                        Some(why) => self.hide(why, &text),
                    }
                }
            }
            (Space::V, "OLEObject") => {
                let name = element.attr_in(Space::R, "id").and_then(|id| self.relations.by_id(id));
                let name = name.unwrap_or("an embedded object").to_owned();
                if !name.starts_with("word/embeddings/") {
                    self.hide(Why::Embedded, &name);
                }
            }
            (Space::Diagram, "relIds") => {
                self.graphics.extend(element.attr_in(Space::R, "dm").map(str::to_owned));
            }
            (Space::Chart, "chart") => {
                self.graphics.extend(element.attr_in(Space::R, "id").map(str::to_owned));
            }
            (Space::W, "txbxContent") => {
                let mut ground = Ground::default();
                if scene.fills.iter().any(|fill| *fill != Fill::Clear) {
                    scene.fills.iter().for_each(|fill| ground.perhaps(*fill));
                } else {
                    // Nothing of its own: the page, what stands before it in its group, or a drawing as large.
                    let drops =
                        self.backdrops.iter().filter(|drop| scene.area > 0.0 && drop.area >= scene.area);
                    let others = scene.behind.iter().chain(drops.flat_map(|drop| &drop.fills));
                    self.page.iter().chain(others).for_each(|fill| ground.perhaps(*fill));
                    context.ground.iter().for_each(|around| ground.perhaps_all(around));
                }
                let within = Context {
                    gone: context.gone.or(scene.gone.then_some(Why::Marked)),
                    ground: Some(Rc::new(ground)),
                    table: Rc::default(),
                };
                let fields = std::mem::take(&mut self.fields);
                let mut flow = Flow::default();
                self.blocks(reader, &within, &mut flow)?;
                self.fields = fields;
                paragraph.boxes.pieces.extend(flow.pieces);
                return Ok(());
            }
            (Space::A, "t") => {
                let text = reader.rest()?;
                self.put(&text, context.gone.or(scene.gone.then_some(Why::Marked)), paragraph);
                return Ok(());
            }
            (Space::Mc, "AlternateContent") => {
                let mut chosen = false;
                loop {
                    match reader.next()? {
                        Event::Start(element) if Self::chooses(reader, &element, &mut chosen) => {
                            self.drawings(reader, context, scene, paragraph)?;
                        }
                        Event::Start(_) => reader.skip()?,
                        Event::Text(_) => {}
                        Event::End | Event::Eof => return Ok(()),
                    }
                }
            }
            (Space::Other | Space::None, _) => return self.strange(reader),
            _ => {}
        }
        let shapes = ["shape", "rect", "roundrect", "oval", "line", "polyline", "curve", "arc"];
        let starts = element.is(Space::Wps, "wsp")
            || element.space == Space::V && shapes.contains(&element.name.as_str());
        if !starts {
            if element.is(Space::V, "fill") && element.attr("type").is_some_and(|kind| kind != "solid") {
                scene.fills.push(Fill::Unknown);
            }
            return self.drawings(reader, context, scene, paragraph);
        }
        let mut shape = Scene { fills: Vec::new(), ..scene.clone() };
        if element.space == Space::V {
            self.old_shape(element, &mut shape);
        }
        self.drawings(reader, context, &mut shape, paragraph)?;
        scene.behind.extend(shape.fills.into_iter().filter(|fill| *fill != Fill::Clear).take(16));
        scene.behind.truncate(64);
        Ok(())
    }

    fn drawings(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        scene: &mut Scene,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                Event::Start(element) => self.drawing(reader, &element, context, scene, paragraph)?,
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    fn describe(&mut self, element: &Element) {
        let title = element.attr("title").unwrap_or_default();
        let descr = element.attr("descr").unwrap_or_default();
        let text = if title == descr { descr.to_owned() } else { format!("{title} {descr}") };
        // A drawing and the picture in it are often described in the same words.
        let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.draft.hidden.last().is_none_or(|last| *last != (Why::AltText, said)) {
            self.hide(Why::AltText, &text);
        }
    }

    /// The fill among the properties of a shape, which have just started.
    fn properties(&mut self, reader: &mut Reader<'_>, scene: &mut Scene) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::A, "grpFill") => {
                    scene.fills.push(Fill::Unknown);
                    reader.skip()?;
                }
                Event::Start(element) if element.space == Space::A && element.name.ends_with("Fill") => {
                    scene.fills.extend(self.palette.fills(reader, &element)?);
                }
                Event::Start(_) => reader.skip()?,
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    /// The fill that a shape takes from the theme, where its own properties say none.
    fn style_of_shape(&mut self, reader: &mut Reader<'_>, scene: &mut Scene) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                Event::Start(element)
                    if element.is(Space::A, "fillRef") && element.attr("idx") != Some("0") =>
                {
                    let fills = self.palette.fills(reader, &element)?;
                    if scene.fills.is_empty() {
                        scene.fills = fills;
                    }
                }
                Event::Start(_) => reader.skip()?,
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    /// A shape of VML, which says everything in its attributes.
    fn old_shape(&mut self, element: &Element, scene: &mut Scene) {
        let style = element.attr("style").unwrap_or_default().replace(' ', "");
        scene.gone |= style.contains("visibility:hidden") || style.contains("display:none");
        if matches!(element.attr("filled"), Some("f" | "false" | "0")) {
            scene.fills.push(Fill::Clear);
        } else {
            let name = element.attr("fillcolor").unwrap_or("white");
            let name = name.split_whitespace().next().unwrap_or_default();
            let colour = colour::hex(name).or_else(|| colour::named(name));
            scene.fills.push(colour.map_or(Fill::Unknown, Fill::Rgb));
        }
        if let Some(text) = element.attr("alt") {
            self.hide(Why::AltText, text);
        }
    }
}
