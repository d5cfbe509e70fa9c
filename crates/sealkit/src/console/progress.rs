//! How far long work has come: a bar on a terminal, a line now and then elsewhere.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use sealkit_ops::{NoProgress, Progress};

use super::human_size;
use crate::cli::ProgressStyle;

/// Time between two lines of the heartbeat.
const HEARTBEAT: Duration = Duration::from_secs(30);

pub(super) fn choose(style: ProgressStyle, terminal: bool) -> Arc<dyn Progress> {
    match (style, terminal) {
        (ProgressStyle::None, _) => Arc::new(NoProgress),
        (_, false) => Arc::new(Heartbeat::default()),
        (ProgressStyle::Plain, true) => {
            Arc::new(Bar::new("{msg} [{bar:30}] {bytes}/{total_bytes}"))
        }
        (ProgressStyle::Fancy, true) => {
            let template = "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
            Arc::new(Bar::new(template))
        }
    }
}

struct Bar {
    template: &'static str,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bar {
    fn new(template: &'static str) -> Self {
        Self { template, bar: Mutex::new(None) }
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        act(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for Bar {
    fn start(&self, what: &str, total: Option<u64>) {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let style = BarStyle::with_template(self.template);
        bar.set_style(style.unwrap_or_else(|_| BarStyle::default_bar()).progress_chars("=> "));
        bar.set_message(super::escape(what));
        self.with(|slot| *slot = Some(bar));
    }

    fn advance(&self, bytes: u64) {
        self.with(|slot| {
            if let Some(bar) = slot {
                bar.inc(bytes);
            }
        });
    }

    fn finish(&self) {
        self.with(|slot| {
            if let Some(bar) = slot.take() {
                bar.finish_and_clear();
            }
        });
    }
}

#[derive(Default)]
struct Heartbeat {
    state: Mutex<Option<Beat>>,
}

struct Beat {
    what: String,
    total: Option<u64>,
    done: u64,
    last: Instant,
}

impl Progress for Heartbeat {
    fn start(&self, what: &str, total: Option<u64>) {
        let beat = Beat { what: super::escape(what), total, done: 0, last: Instant::now() };
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(beat);
    }

    fn advance(&self, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(beat) = state.as_mut() else { return };
        beat.done = beat.done.saturating_add(bytes);
        if beat.last.elapsed() < HEARTBEAT {
            return;
        }
        beat.last = Instant::now();
        let total = beat.total.map(|total| format!(" of {}", human_size(total)));
        let line = format!("{}: {}{}", beat.what, human_size(beat.done), total.unwrap_or_default());
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    fn finish(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
