//! The elements of a Kitfile that become layers, in the manifest's order.

use sealkit_oci::{LayerRole, Reference};

use crate::{Kitfile, LayerInfo, Part, path};

impl Kitfile {
    /// The elements that become layers: model, model parts, code, datasets, docs, prompts, MCP
    /// servers, each in the Kitfile's order. A model that is a reference or has no path, and a
    /// dataset that is stored elsewhere, become none.
    pub fn parts(&self) -> Vec<Part> {
        self.elements()
            .into_iter()
            .map(|(element, layer)| Part {
                role: element.role,
                is_prompt: element.is_prompt,
                name: element.name.to_owned(),
                path: path::clean(element.path),
                written_path: element.path.to_owned(),
                layer: layer.clone(),
            })
            .collect()
    }

    /// The kit that `model.path` refers to, where it is a reference.
    pub fn model_reference(&self) -> Option<Reference> {
        path::reference(&self.model.as_ref()?.path)
    }

    /// The kits that datasets refer to by `remotePath`, each with its place in `datasets`.
    pub fn dataset_references(&self) -> Vec<(usize, Reference)> {
        let all = self.datasets.iter().enumerate();
        all.filter_map(|(at, dataset)| Some((at, path::reference(&dataset.remote_path)?))).collect()
    }

    /// Sets which layer every part became. `layers` has one entry for each of [`Kitfile::parts`],
    /// in the same order.
    ///
    /// # Errors
    /// [`LayerCount`] when there are more or fewer, and then nothing is changed.
    pub fn set_layers(&mut self, layers: Vec<LayerInfo>) -> Result<(), LayerCount> {
        let (parts, given) = (self.elements().len(), layers.len());
        if parts != given {
            return Err(LayerCount { parts, layers: given });
        }
        for (slot, layer) in self.layer_slots().into_iter().zip(layers) {
            *slot = layer;
        }
        Ok(())
    }

    fn elements(&self) -> Vec<(Element<'_>, &LayerInfo)> {
        let mut all = Vec::new();
        if let Some(model) = &self.model {
            if is_layer(&model.path) {
                all.push((Element::new(LayerRole::Model, &model.name, &model.path), &model.layer));
            }
            for part in &model.parts {
                let element = Element::new(LayerRole::ModelPart, &part.name, &part.path);
                all.push((element, &part.layer));
            }
        }
        for code in &self.code {
            all.push((Element::new(LayerRole::Code, "", &code.path), &code.layer));
        }
        for data in self.datasets.iter().filter(|data| data.remote_path.is_empty()) {
            all.push((Element::new(LayerRole::Dataset, &data.name, &data.path), &data.layer));
        }
        for docs in &self.docs {
            all.push((Element::new(LayerRole::Docs, "", &docs.path), &docs.layer));
        }
        for prompt in &self.prompts {
            let element = Element::new(LayerRole::Code, &prompt.name, &prompt.path);
            all.push((Element { is_prompt: true, ..element }, &prompt.layer));
        }
        for server in &self.mcp_servers {
            let element = Element::new(LayerRole::Mcpb, &server.name, &server.path);
            all.push((element, &server.layer));
        }
        all
    }

    /// The same order as [`Kitfile::elements`].
    fn layer_slots(&mut self) -> Vec<&mut LayerInfo> {
        let mut all = Vec::new();
        if let Some(model) = &mut self.model {
            if is_layer(&model.path) {
                all.push(&mut model.layer);
            }
            all.extend(model.parts.iter_mut().map(|part| &mut part.layer));
        }
        all.extend(self.code.iter_mut().map(|code| &mut code.layer));
        let local = self.datasets.iter_mut().filter(|data| data.remote_path.is_empty());
        all.extend(local.map(|data| &mut data.layer));
        all.extend(self.docs.iter_mut().map(|docs| &mut docs.layer));
        all.extend(self.prompts.iter_mut().map(|prompt| &mut prompt.layer));
        all.extend(self.mcp_servers.iter_mut().map(|server| &mut server.layer));
        all
    }
}

/// The number of layers does not fit the number of parts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the Kitfile has {parts} parts, but {layers} layers were given")]
pub struct LayerCount {
    /// Parts of the Kitfile.
    pub parts: usize,
    /// Layers that were given.
    pub layers: usize,
}

struct Element<'a> {
    role: LayerRole,
    is_prompt: bool,
    name: &'a str,
    path: &'a str,
}

impl<'a> Element<'a> {
    fn new(role: LayerRole, name: &'a str, path: &'a str) -> Self {
        Self { role, is_prompt: false, name, path }
    }
}

fn is_layer(model_path: &str) -> bool {
    !model_path.is_empty() && path::reference(model_path).is_none()
}
