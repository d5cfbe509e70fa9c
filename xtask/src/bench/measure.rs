//! One measured run of a process: time from start to end, and its peak memory.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Outcome, fail};

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Wall-clock time.
    pub(super) time: Duration,
    /// Peak resident memory in bytes; 0 where the system does not tell.
    pub(super) peak: u64,
}

/// Runs a command to its end, silently.
pub(super) fn measure(command: &mut Command) -> Outcome<Sample> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let peak = watch_peak(&mut child)?;
    let time = start.elapsed();
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return fail(format!("{command:?}: {}: {reason}", output.status));
    }
    Ok(Sample { time, peak })
}

/// Reads the high-water mark until the process ends. The mark only rises, so a look every few
/// milliseconds misses at most what the last ones added.
fn watch_peak(child: &mut Child) -> Outcome<u64> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        peak = peak.max(high_water(Path::new(&status)));
        if child.try_wait()?.is_some() {
            return Ok(peak);
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn high_water(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).map(str::trim);
    kib.and_then(|kib| kib.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}

/// The shortest time of the samples.
pub(super) fn best(samples: &[Sample]) -> Duration {
    samples.iter().map(|sample| sample.time).min().unwrap_or_default()
}

/// The middle time of the samples.
pub(super) fn median(samples: &[Sample]) -> Duration {
    let mut times: Vec<Duration> = samples.iter().map(|sample| sample.time).collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The middle one of some numbers; 0 where there are none.
pub(super) fn median_of(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// The highest peak of the samples.
pub(super) fn peak(samples: &[Sample]) -> u64 {
    samples.iter().map(|sample| sample.peak).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_median_and_peak_are_what_they_say() {
        let sample = |ms, peak| Sample { time: Duration::from_millis(ms), peak };
        let samples = [sample(9, 1), sample(2, 5), sample(4, 3)];
        assert_eq!(best(&samples).as_millis(), 2);
        assert_eq!(median(&samples).as_millis(), 4);
        assert_eq!(peak(&samples), 5);
    }

    #[test]
    fn a_failed_run_is_no_sample() {
        assert!(measure(Command::new("sh").args(["-c", "exit 2"])).is_err());
    }

    #[test]
    fn a_run_that_takes_time_and_memory_shows_it() {
        let sample = measure(Command::new("sh").args(["-c", "sleep 0.05"])).unwrap();
        assert!(sample.time >= Duration::from_millis(50));
        if cfg!(target_os = "linux") {
            assert!(sample.peak > 100 * 1024, "{}", sample.peak);
        }
    }
}
