//! The model: operators, and the tensors of its subgraphs.

use std::collections::BTreeMap;

use sealkit_report::Known;

use super::types;
use crate::flatbuffer::{self, Table, Vector};
use crate::pages::Pages;
use crate::{Facts, InspectError, TensorInfo, Value, inventory, kept, property};

/// What one tensor costs of the budget's entries: its facts take more memory than most.
const COST: u64 = 4;

/// What is gathered on the way.
pub(super) struct Model<'a> {
    pub(super) facts: Facts,
    pub(super) path: &'a str,
    weights: Vec<TensorInfo>,
    operators: BTreeMap<String, u64>,
    custom: Vec<String>,
}

/// The buffers of a model.
#[derive(Clone, Copy)]
pub(super) struct Buffers(Vector);

impl Buffers {
    /// Offset and size of a buffer's data.
    pub(super) fn place(
        self,
        pages: &mut Pages<'_>,
        number: u64,
    ) -> Result<(u64, u64), InspectError> {
        let Some(buffer) = self.0.table(pages, number)? else {
            return Err(pages.malformed("a buffer that is not there", self.0.at));
        };
        let data = buffer.vector(pages, 0, 1)?;
        // Data beyond 2 GiB lies behind the FlatBuffer.
        let (offset, size) = (buffer.u64(pages, 1)?, buffer.u64(pages, 2)?);
        let (at, len) =
            if data.len == 0 && offset > 1 { (offset, size) } else { (data.at, data.len) };
        if at.checked_add(len).is_none_or(|end| end > pages.len()) {
            return Err(pages.malformed("a buffer that reaches past the end", at));
        }
        Ok((at, len))
    }
}

impl<'a> Model<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        let (weights, custom) = (Vec::new(), Vec::new());
        Self { facts: Facts::default(), path, weights, operators: BTreeMap::new(), custom }
    }

    pub(super) fn read(&mut self, pages: &mut Pages<'_>) -> Result<(), InspectError> {
        let root = flatbuffer::root(pages, 0)?;
        let version = Value::Text(root.u32(pages, 0)?.to_string());
        self.facts.declared(self.path, "version", property::FORMAT_VERSION, version);
        if let Some(text) = root.text(pages, 3)?.filter(|text| !text.is_empty()) {
            let place = "description";
            self.facts.declared(self.path, place, property::DESCRIPTION, kept::text(&text));
        }
        let buffers = Buffers(root.vector(pages, 4, 4)?);
        let codes = self.codes(pages, root)?;
        let graphs = root.vector(pages, 2, 4)?;
        for index in 0..graphs.len {
            pages.budget().entries(1)?;
            if let Some(graph) = graphs.table(pages, index)? {
                self.graph(pages, graph, index, (&codes, buffers))?;
            }
        }
        self.metadata(pages, root, buffers)
    }

    /// The names of the operators, in the order in which graphs number them.
    fn codes(&mut self, pages: &mut Pages<'_>, root: Table) -> Result<Vec<String>, InspectError> {
        let codes = root.vector(pages, 1, 4)?;
        let mut names = Vec::new();
        for index in 0..codes.len {
            pages.budget().entries(1)?;
            let Some(code) = codes.table(pages, index)? else { continue };
            // Numbers above 127 stand in the newer field alone.
            let old = u32::from(code.u8(pages, 0)?);
            let number = code.u32(pages, 3)?.max(old);
            let custom = code.text(pages, 1)?;
            names.push(match custom.filter(|_| number == types::CUSTOM) {
                Some(name) => {
                    self.custom.push(name.clone());
                    name
                }
                None => types::operator(number),
            });
        }
        Ok(names)
    }

    fn graph(
        &mut self,
        pages: &mut Pages<'_>,
        graph: Table,
        number: u64,
        (codes, buffers): (&[String], Buffers),
    ) -> Result<(), InspectError> {
        let tensors = graph.vector(pages, 0, 4)?;
        for index in 0..tensors.len {
            pages.budget().entries(COST)?;
            if let Some(tensor) = tensors.table(pages, index)? {
                self.tensor(pages, tensor, buffers, number)?;
            }
        }
        if number == 0 {
            let inputs = [property::INPUT, property::INPUT_TYPE];
            self.ports(pages, (graph, 1), tensors, inputs)?;
            let outputs = [property::OUTPUT, property::OUTPUT_TYPE];
            self.ports(pages, (graph, 2), tensors, outputs)?;
        }
        let operators = graph.vector(pages, 3, 4)?;
        for index in 0..operators.len {
            let Some(operator) = operators.table(pages, index)? else { continue };
            let code = usize::try_from(operator.u32(pages, 0)?).unwrap_or(usize::MAX);
            let Some(name) = codes.get(code) else {
                return Err(pages.malformed("an operator that is not listed", operators.at));
            };
            *self.operators.entry(name.clone()).or_default() += 1;
        }
        Ok(())
    }

    /// A tensor with data is a weight; the others are filled when the model runs.
    fn tensor(
        &mut self,
        pages: &mut Pages<'_>,
        tensor: Table,
        buffers: Buffers,
        graph: u64,
    ) -> Result<(), InspectError> {
        let number = u64::from(tensor.u32(pages, 2)?);
        let (offset, size) = buffers.place(pages, number)?;
        if size == 0 {
            return Ok(());
        }
        let name = tensor.text(pages, 3)?.unwrap_or_default();
        let dtype = types::element(tensor.u8(pages, 1)?);
        let shape = shape(pages, tensor, 0)?;
        let place = format!("subgraphs/{graph}/tensors");
        if let Some(how) = quantisation(pages, tensor, &dtype)? {
            let fact = (property::QUANTISATION, Value::Text(how));
            self.facts.about(&name, Known::Declared, (self.path, &place), fact);
        }
        let shape = shape.iter().map(|dim| u64::try_from(*dim).unwrap_or(0)).collect();
        self.weights.push(TensorInfo { name, dtype, shape, offset, size });
        Ok(())
    }

    fn ports(
        &mut self,
        pages: &mut Pages<'_>,
        (graph, field): (Table, u64),
        tensors: Vector,
        [property, type_property]: [&'static str; 2],
    ) -> Result<(), InspectError> {
        let ports = graph.vector(pages, field, 4)?;
        let place = if field == 1 { "subgraphs/0/inputs" } else { "subgraphs/0/outputs" };
        for index in 0..ports.len {
            pages.budget().entries(1)?;
            let number = u64::from(ports.u32(pages, index)?);
            let Some(tensor) = tensors.table(pages, number)? else { continue };
            let name = tensor.text(pages, 3)?.unwrap_or_default();
            // The signature has -1 for a size that may change; the shape has 1 there.
            let signature = shape(pages, tensor, 7)?;
            let shape = if signature.is_empty() { shape(pages, tensor, 0)? } else { signature };
            let dims: Vec<String> = shape.iter().map(i32::to_string).collect();
            let kind = format!("{}[{}]", types::element(tensor.u8(pages, 1)?), dims.join(","));
            self.facts.declared(self.path, place, property, Value::Text(name.clone()));
            let fact = (type_property, Value::Text(kind));
            self.facts.about(&name, Known::Declared, (self.path, place), fact);
        }
        Ok(())
    }

    /// Adds what only the whole walk tells; after one that broke off, only the tensors so far.
    pub(super) fn finish(mut self, is_whole: bool) -> Facts {
        let at = (self.path, "subgraphs");
        for name in self.custom {
            let value = Value::Text(name);
            self.facts.declared(self.path, "operator_codes", property::CUSTOM_OPERATOR, value);
        }
        if !is_whole {
            inventory::list(self.weights, at, &mut self.facts);
            return self.facts;
        }
        for (name, count) in self.operators {
            let fact = (property::LAYER_KIND, Value::Uint(count));
            self.facts.about(&name, Known::Measured, at, fact);
        }
        inventory::add(self.weights, at, &mut self.facts);
        self.facts
    }
}

fn shape(pages: &mut Pages<'_>, tensor: Table, field: u64) -> Result<Vec<i32>, InspectError> {
    let dims = tensor.vector(pages, field, 4)?;
    let mut shape = Vec::new();
    for index in 0..dims.len {
        pages.budget().entries(1)?;
        shape.push(dims.u32(pages, index)? as i32);
    }
    Ok(shape)
}

/// `INT8, one scale`, `INT8, 64 scales along dimension 0`; none where numbers stand for themselves.
fn quantisation(
    pages: &mut Pages<'_>,
    tensor: Table,
    dtype: &str,
) -> Result<Option<String>, InspectError> {
    let Some(parameters) = tensor.table(pages, 4)? else { return Ok(None) };
    let scales = parameters.vector(pages, 2, 4)?.len;
    let dimension = parameters.u32(pages, 6)?;
    Ok(match scales {
        0 => None,
        1 => Some(format!("{dtype}, one scale")),
        n => Some(format!("{dtype}, {n} scales along dimension {dimension}")),
    })
}
