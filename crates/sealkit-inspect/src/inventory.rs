//! The tensors of a file: listed, and counted by element type.

use std::collections::BTreeMap;

use sealkit_report::{Known, Severity};

use crate::{Facts, TensorInfo, Value, property};

/// Adds every tensor, the number of tensors, and the number of parameters in all and by element
/// type. `at` is the file and the place in it that lists the tensors. The number of parameters is
/// left out, and the facts are incomplete, where it does not fit into 64 bits.
pub(crate) fn add(tensors: Vec<TensorInfo>, at: (&str, &str), facts: &mut Facts) {
    let (path, place) = at;
    facts.measured(path, place, property::TENSORS, Value::Uint(tensors.len() as u64));
    match count(&tensors) {
        Ok(by_type) => add_counts(&by_type, at, facts),
        Err(name) => {
            facts.incomplete = true;
            let message = format!("tensor `{name}` has a shape beyond 64 bits");
            facts.find("tensor-shape", Severity::High, (path, name), message);
        }
    }
    list(tensors, at, facts);
}

/// Adds every tensor and no counts, for a list that may lack some.
pub(crate) fn list(tensors: Vec<TensorInfo>, at: (&str, &str), facts: &mut Facts) {
    for tensor in tensors {
        let name = tensor.name.clone();
        facts.about(&name, Known::Measured, at, (property::TENSOR, Value::Tensor(tensor)));
    }
}

/// Number of elements of a shape, where 64 bits can hold it.
pub(crate) fn elements(shape: &[u64]) -> Option<u64> {
    shape.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim))
}

/// Parameters by element type, or the name of the tensor with which they leave 64 bits.
fn count(tensors: &[TensorInfo]) -> Result<BTreeMap<&str, u64>, &str> {
    let mut by_type: BTreeMap<&str, u64> = BTreeMap::new();
    let mut total = 0_u64;
    for tensor in tensors {
        let sums = elements(&tensor.shape).and_then(|n| {
            let of_type = by_type.get(tensor.dtype.as_str()).copied().unwrap_or(0);
            Some((of_type.checked_add(n)?, total.checked_add(n)?))
        });
        let (of_type, sum) = sums.ok_or(tensor.name.as_str())?;
        by_type.insert(&tensor.dtype, of_type);
        total = sum;
    }
    Ok(by_type)
}

/// Adds the number of parameters in all and by element type. The sum fits into 64 bits.
pub(crate) fn add_counts(by_type: &BTreeMap<&str, u64>, at: (&str, &str), facts: &mut Facts) {
    let (path, place) = at;
    let total = by_type.values().sum();
    facts.measured(path, place, property::PARAMETERS, Value::Uint(total));
    if let Some((dtype, _)) = by_type.iter().max_by_key(|(_, n)| **n) {
        facts.measured(path, place, property::DTYPE, Value::Text((*dtype).to_owned()));
    }
    for (dtype, n) in by_type {
        let fact = (property::PARAMETERS_OF_TYPE, Value::Uint(*n));
        facts.about(dtype, Known::Measured, at, fact);
    }
}
