//! What a signer seals beside the manifest: the file table, and the AIBOM where a seal that they trust has one.

use sealkit_attest::oms::TreeManifest;
use sealkit_attest::{
    Bundle, CosignSign, CycloneDxBom, HintStyle, KitSeal, Predicate, Statement, Subject,
};
use sealkit_oci::{Descriptor, Digest, FileTable, go_json, media_type};

use super::{read_layers, tree_of};
use crate::files::blob::Blobs;
use crate::keys::SigningIdentity;
use crate::pack::{pins, unwritable};
use crate::seal::bom_descriptor;
use crate::trust::{self, Role, TrustedKey};
use crate::verify::{TrustedSeal, trusted_seal};
use crate::{Context, Kit, OpsError, Place};

/// What is signed of one kit.
pub(super) struct Promise {
    /// Digest of the manifest.
    subject: Digest,
    /// The files, as they will be unpacked.
    pub(super) tree: TreeManifest,
    seal: KitSeal,
    /// The AIBOM that the seal names.
    bom: Option<CycloneDxBom>,
    /// The file table, where none that may be believed is attached yet.
    pub(super) table: Option<Vec<u8>>,
    /// What the person should know.
    pub(super) warnings: Vec<String>,
}

/// The bundles of one signing.
#[derive(Clone)]
pub(super) struct Signatures {
    /// Over the manifest.
    pub(super) manifest: Bundle,
    /// Over the list of files.
    pub(super) model: Bundle,
    /// Over the AIBOM.
    pub(super) bom: Option<Bundle>,
    /// Over file table, AIBOM and root of the files.
    pub(super) seal: Bundle,
}

impl Promise {
    /// What may be signed of a kit. A seal that is trusted here, or was made with the same key, is signed
    /// again, AIBOM and ignore rules with it; else the table is made from the layers, each read once and
    /// verified. A table or an AIBOM that anybody may have attached is not signed.
    pub(super) async fn of(
        context: &Context,
        place: &Place,
        kit: &Kit,
        name: &str,
        identity: &SigningIdentity,
    ) -> Result<Self, OpsError> {
        let mut root = trust::load(&context.home)?;
        let own = identity.signer().public_key();
        if root.get(&own).is_none() {
            let mut key = TrustedKey::new(own, "the key that signs", Role::Own);
            if root.has_name(&key.name) {
                key.name = format!("{} ({})", key.name, key.public_key.fingerprint());
            }
            root.add(key)?;
        }
        let subject = kit.digest().clone();
        if let Some(found) = trusted_seal(context, kit, &root).await? {
            return Self::again(subject, found, name);
        }
        let blobs = Blobs::of(context, place, kit)?;
        let mut table = FileTable::new(read_layers(&blobs, kit, context).await?);
        // Which kits are meant by those that it refers to is the signer's to say: those of their store.
        if let Some(kitfile) = &kit.kitfile {
            table.references = pins(context, kitfile)?;
        }
        Self::anew(subject, table, name)
    }

    fn again(subject: Digest, found: TrustedSeal, name: &str) -> Result<Self, OpsError> {
        let TrustedSeal { seal: old, table, bom } = found;
        let tree = tree_of(&table.layers, name)?;
        let mut warnings = Vec::new();
        if old.bom.is_some() && bom.is_none() {
            warnings.push(
                "the AIBOM that the seal names is not attached by anybody you trust: it is not sealed again"
                    .to_owned(),
            );
        }
        let bom = bom.map(|document| CycloneDxBom::new(&document)).transpose()?;
        let seal = KitSeal::new(&old.file_table, named(bom.as_ref()).as_ref())
            .with_ignore(old.ignore)
            .with_model_root(Some(tree.root()));
        Ok(Self { subject, tree, seal, bom, table: None, warnings })
    }

    fn anew(subject: Digest, table: FileTable, name: &str) -> Result<Self, OpsError> {
        let tree = tree_of(&table.layers, name)?;
        let table =
            go_json::to_vec(&table).map_err(|error| unwritable("file table", error.into()))?;
        let blob = Descriptor::of(media_type::FILE_TABLE, &table);
        let seal = KitSeal::new(&blob, None).with_model_root(Some(tree.root()));
        let warnings = Vec::new();
        Ok(Self { subject, tree, seal, bom: None, table: Some(table), warnings })
    }

    /// Signs all of it, before anything is attached: a signer that fails half way leaves nothing behind.
    pub(super) fn sign(&self, identity: &SigningIdentity) -> Result<Signatures, OpsError> {
        Ok(Signatures {
            manifest: self.one(&CosignSign {}, identity)?,
            model: identity.sign(&self.tree.statement()?, HintStyle::ModelSigning)?,
            bom: self.bom.as_ref().map(|bom| self.one(bom, identity)).transpose()?,
            seal: self.one(&self.seal, identity)?,
        })
    }

    fn one<P: Predicate>(
        &self,
        predicate: &P,
        identity: &SigningIdentity,
    ) -> Result<Bundle, OpsError> {
        let statement = Statement::new(vec![Subject::of(&self.subject)], predicate)?;
        identity.sign(&statement, HintStyle::Cosign)
    }
}

fn named(bom: Option<&CycloneDxBom>) -> Option<Descriptor> {
    bom.map(|bom| bom_descriptor(bom.document().as_bytes()))
}
