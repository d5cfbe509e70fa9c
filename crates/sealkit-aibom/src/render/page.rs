//! What HTML pages share: head, style, the policy that forbids everything active, escaping.

use std::fmt::Write as _;

use sealkit_report::{entity, is_deceptive};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#d5d9e0;--soft:#f5f6f8;--ink:#1b2230;--dim:#5b6472;--page:#fff;--blue:#1d5fbf;--green:#1b7a43;--amber:#92600a;--red:#b3261e}\
@media(prefers-color-scheme:dark){:root{--line:#333b48;--soft:#1c222c;--ink:#e6e9ef;--dim:#9aa4b2;--page:#12161d;--blue:#8ab8ff;--green:#7fd6a1;--amber:#e8bb6a;--red:#ff9d94}}\
body{font:15px/1.55 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:2rem 1.25rem;color:var(--ink);background:var(--page);overflow-wrap:anywhere}\
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .2rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}\
h3{font-size:1rem;margin:1.4rem 0 .4rem}code,td.mono{font-family:ui-monospace,monospace;font-size:.86em}p{margin:.3rem 0}\
table{border-collapse:collapse;width:100%;margin:.4rem 0 1rem}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}\
th{font-weight:600;color:var(--dim);font-size:.82em;white-space:nowrap}td:first-child{min-width:8rem}.known,.size{white-space:nowrap}.size{text-align:right}\
.tag{display:inline-block;border:1px solid var(--line);border-radius:.7em;padding:0 .5em;font-size:.8em;color:var(--dim);background:var(--soft)}\
.attested{color:var(--blue)}.measured{color:var(--green)}.inferred{color:var(--amber)}.bad{color:var(--red)}\
.dim{color:var(--dim)}ul{margin:.3rem 0 1rem;padding-left:1.2rem}nav{margin:.6rem 0}nav a{margin-right:1rem}a{color:inherit}\
@media(max-width:44rem){body{padding:1.2rem .9rem}thead{position:absolute;left:-99rem}table,tbody,tr,td{display:block}\
tr{border-bottom:1px solid var(--line);padding:.45rem 0}td{border:0;padding:.05rem 0}td:first-child{font-weight:600}td:empty{display:none}\
.size{text-align:left}.size::after{content:' bytes'}}\
@media print{nav{display:none}}";

/// Starts a page, up to the title in its header.
pub(crate) fn start(page: &mut String, title: &str) {
    let title = escape(title);
    // Writing to a text cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n"
    );
}

/// Ends a page whose `main` is open.
pub(crate) fn finish(page: &mut String) {
    page.push_str("</main>\n</body>\n</html>\n");
}

/// Starts a table whose body is open.
pub(crate) fn table_head(page: &mut String, titles: &[&str]) {
    page.push_str("<table><thead><tr>");
    for title in titles {
        let _ = write!(page, "<th scope=\"col\">{title}</th>");
    }
    page.push_str("</tr></thead><tbody>\n");
}

/// Text of strangers as text.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, entity(c)) {
            (_, Some(entity)) => out.push_str(entity),
            ('\n', _) => out.push_str("<br>"),
            (c, _) if is_deceptive(c) => out.push('\u{fffd}'),
            (c, _) => out.push(c),
        }
    }
    out
}
