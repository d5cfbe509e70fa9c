//! The bytes of one file of a kit, by range out of its layer.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sealkit_api::{FileEntry, FileSource};
use sealkit_oci::{Compression, LayerType};
use sealkit_registry::{RangeAnswer, parse_range};
use sealkit_store::Repository;
use tokio::task::spawn_blocking;

use crate::HubError;
use crate::files;
use crate::ranges::{Allowance, BlobRanges};
use crate::reader::Kit;
use crate::unpacked::{PackedFile, PackedLayer, Sent};
use crate::view::{FileBytes, RangedFile};

/// Most bytes of a compressed layer that are passed over to give out a file behind them, and how long that may take.
const MAX_BEFORE: u64 = 16 << 30;
const MAX_WAIT: Duration = Duration::from_mins(1);

/// How the place of the file is known, as in the file list: see [`FileSource`].
const SOURCE: HeaderName = HeaderName::from_static("sealkit-file-source");

/// What a request for bytes is answered by.
pub(crate) struct Asked {
    /// `HEAD` is answered from the list of files: no layer is unpacked for it.
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
}

/// A file that was found, and where its bytes are.
pub(crate) struct Content {
    repository: Arc<dyn Repository>,
    file: FileEntry,
    source: FileSource,
    packed: Option<Packed>,
}

/// How the layer of a file is compressed, and how large it is so.
#[derive(Clone, Copy)]
struct Packed {
    compression: Compression,
    size: u64,
}

impl Content {
    /// Finds the file at `path`.
    pub(crate) async fn find(kit: &Kit, path: &str) -> Result<Self, HubError> {
        let (file, source) = files::find(kit, path).await?;
        Self::of(kit, file, source).await
    }

    /// The content of a file of the kit's list.
    pub(crate) async fn of(
        kit: &Kit,
        file: FileEntry,
        source: FileSource,
    ) -> Result<Self, HubError> {
        let repository = Arc::clone(&kit.repository);
        let mut content = Self { repository, file, source, packed: None };
        content.check(kit).await?;
        Ok(content)
    }

    /// Its bytes for code that is not asynchronous. They were not hashed.
    pub(crate) fn bytes(&self, allowance: &Arc<Allowance>) -> FileBytes {
        self.bytes_after(allowance, &mut None)
    }

    /// The same where files are read one after the other: of a compressed layer the stream goes on that `last` has.
    pub(crate) fn bytes_after(
        &self,
        allowance: &Arc<Allowance>,
        last: &mut Option<Arc<PackedLayer>>,
    ) -> FileBytes {
        let FileEntry { layer, offset, size, .. } = &self.file;
        let blob = self.blob(allowance);
        let Some(packed) = self.packed else {
            return FileBytes::Ranged(RangedFile::new(blob, *offset, *size));
        };
        let stream = match last.take().filter(|last| last.is(layer)) {
            Some(stream) => stream,
            None => Arc::new(PackedLayer::new(blob, packed.compression)),
        };
        *last = Some(Arc::clone(&stream));
        FileBytes::Packed(PackedFile::new(stream, *offset, *size))
    }

    /// The layer, as far as the file needs it.
    fn blob(&self, allowance: &Arc<Allowance>) -> BlobRanges {
        let FileEntry { layer, offset, size, .. } = &self.file;
        let needed = self.packed.map_or(offset.saturating_add(*size), |packed| packed.size);
        BlobRanges::new(&self.repository, layer, needed, allowance)
    }

    /// Finds out how the layer is read, and refuses what can not be: a layer of an unknown type, or a place outside
    /// of the layer, which a wrong file table or a layer that was cut short gives. Of a compressed layer that is
    /// found out when it is unpacked.
    async fn check(&mut self, kit: &Kit) -> Result<(), HubError> {
        let file = &self.file;
        let layer = kit.manifest.layers().iter().find(|layer| layer.digest == file.layer);
        let kind = layer.and_then(|layer| layer.media_type.parse::<LayerType>().ok());
        let Some(LayerType { compression, .. }) = kind else {
            return Err(HubError::NoRange { path: file.path.clone(), layer: file.layer.clone() });
        };
        let size = self.repository.stat(&file.layer).await?.unwrap_or_default();
        if compression != Compression::None {
            self.packed = Some(Packed { compression, size });
        } else if file.offset.checked_add(file.size).is_none_or(|end| end > size) {
            let reason = format!("`{}` does not lie within layer {}", file.path, file.layer);
            return Err(HubError::NotAKit { digest: kit.digest.clone(), reason });
        }
        Ok(())
    }

    /// Names the bytes by the layer that holds them and their place in it. The digest of a file
    /// table would not do: nobody has checked it, and a wrong one would keep old bytes in caches.
    fn etag(&self) -> String {
        let FileEntry { layer, offset, size, .. } = &self.file;
        format!("\"{layer}:{offset}+{size}\"")
    }

    /// Answers a request with bytes to be saved, never with what a browser would show.
    pub(crate) async fn answer(&self, request: &Asked) -> Result<Response, HubError> {
        self.answer_as(request, "application/octet-stream", disposition(&self.file.path)).await
    }

    /// The same with a picture of a type that was found in its bytes, never one that the kit says.
    pub(crate) async fn picture(
        &self,
        request: &Asked,
        media_type: &str,
    ) -> Result<Response, HubError> {
        self.answer_as(request, media_type, "inline".to_owned()).await
    }

    /// Answers a request (RFC 9110 §13 and §14): the whole, a part, or that it is not modified.
    async fn answer_as(
        &self,
        Asked { method, headers: request }: &Asked,
        media_type: &str,
        disposition: String,
    ) -> Result<Response, HubError> {
        let (etag, size) = (self.etag(), self.file.size);
        let known = [
            (header::ETAG, etag.clone()),
            (header::CACHE_CONTROL, "private, no-cache".to_owned()),
            (SOURCE, source_name(self.source).to_owned()),
        ];
        if names(request, header::IF_NONE_MATCH, &etag) {
            return Ok((StatusCode::NOT_MODIFIED, known).into_response());
        }
        let range = match parse_range(wanted(request, &etag), size) {
            RangeAnswer::Unsatisfiable => return Err(HubError::Range { size }),
            RangeAnswer::Whole => None,
            RangeAnswer::Part(range) => Some(range),
        };
        let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let part = range.as_ref().map(|Range { start, end }| {
            let place = format!("bytes {start}-{}/{size}", end.saturating_sub(1));
            [(header::CONTENT_RANGE, place)]
        });
        let range = range.unwrap_or(0..size);
        let head = [
            (header::CONTENT_TYPE, media_type.to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
            (header::ACCEPT_RANGES, "bytes".to_owned()),
            (header::CONTENT_LENGTH, range.end.saturating_sub(range.start).to_string()),
        ];
        let body = if method == Method::HEAD { Body::empty() } else { self.body(range).await? };
        Ok((status, known, head, part, body).into_response())
    }

    /// The bytes of a part of the file, as they are read.
    async fn body(&self, range: Range<u64>) -> Result<Body, HubError> {
        if range.is_empty() {
            return Ok(Body::empty());
        }
        let [start, end] = [range.start, range.end].map(|at| self.file.offset.saturating_add(at));
        if let Some(packed) = self.packed {
            return self.unpacked(packed.compression, start..end).await;
        }
        Ok(Body::from_stream(self.repository.read(&self.file.layer, start..end).await?))
    }

    /// The same out of a compressed layer: what stands before it is passed over first, so that what goes wrong there
    /// is told by the status.
    async fn unpacked(
        &self,
        compression: Compression,
        place: Range<u64>,
    ) -> Result<Body, HubError> {
        let failed = |error: io::Error| {
            let (path, layer) = (self.file.path.clone(), self.file.layer.clone());
            HubError::not_unpacked(path, layer, &error)
        };
        if place.start > MAX_BEFORE {
            return Err(failed(Allowance::sending(MAX_BEFORE, MAX_WAIT).too_much()));
        }
        let allowance = Allowance::sending(place.end, MAX_WAIT);
        let blob = self.blob(&allowance);
        let sent = spawn_blocking(move || Sent::begin(blob, compression, place));
        Ok(sent.await.map_err(|_| HubError::Stopped)?.map_err(failed)?.body())
    }
}

fn source_name(source: FileSource) -> &'static str {
    match source {
        FileSource::FileTable => "file-table",
        FileSource::LayerHeaders => "layer-headers",
    }
}

/// Whether a list of entity tags has `etag` or `*` among them.
pub(crate) fn names(request: &HeaderMap, header: HeaderName, etag: &str) -> bool {
    let values = request.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}

/// The range that is asked for; none where it was meant for other bytes (`If-Range`).
fn wanted<'a>(request: &'a HeaderMap, etag: &str) -> Option<&'a str> {
    let meant = request.get(header::IF_RANGE).is_none_or(|tag| tag == etag);
    request.get(header::RANGE).filter(|_| meant)?.to_str().ok()
}

/// A file to be saved under the last name of `path` (RFC 6266, RFC 8187): every byte that is not
/// plain is written as `%XX`, so that no name ends the header or adds to it.
pub(crate) fn disposition(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut text = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            text.push(char::from(byte));
        } else {
            text += &["%", &format!("{byte:02X}")].concat();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn no_name_breaks_out_of_its_header() {
        let start = "attachment; filename*=UTF-8''";
        for (path, name) in [
            ("a/model.bin", "model.bin"),
            ("a\"; filename=\"b.html", "a%22%3B%20filename%3D%22b.html"),
            ("x\r\nSet-Cookie: a", "x%0D%0ASet-Cookie%3A%20a"),
            ("ü", "%C3%BC"),
            ("dir/", ""),
        ] {
            let text = disposition(path);
            assert_eq!(text, format!("{start}{name}"));
            assert!(HeaderValue::from_str(&text).is_ok());
        }
    }

    #[test]
    fn tags_are_found_in_lists() {
        let etag = "\"a:0+1\"";
        for (value, found) in [
            ("*", true),
            ("\"a:0+1\"", true),
            ("\"x\", W/\"a:0+1\"", true),
            ("\"a:0+10\"", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(value));
            assert_eq!(names(&headers, header::IF_NONE_MATCH, etag), found, "{value}");
        }
    }
}
