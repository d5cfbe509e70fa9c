#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| sealkit_fuzz::previews::preview(data));

#[cfg(not(fuzzing))]
fn main() {
    sealkit_fuzz::replay(sealkit_fuzz::previews::preview);
}
