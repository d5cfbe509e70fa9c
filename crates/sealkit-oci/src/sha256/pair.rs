//! Two SHA-256 over the same bytes at the price of one and a half (FIPS 180-4, 6.2).
//!
//! An archive is hashed, and so is each file in it. The rounds of one hash wait for each other, which leaves
//! a quarter of the processor's unit for them idle; and how a block is spread over the rounds is the same for
//! both. No library takes two states along, so that this is our own; all but whole blocks stays with `sha2`.

use sha2::block_api::compress256;

/// Bytes that SHA-256 takes in at once.
pub(crate) const BLOCK: usize = 64;

/// The words of a hash, between two blocks.
pub(crate) type Words = [u32; 8];

/// Takes the blocks into both, with the instructions for SHA-256 where the processor has them.
#[cfg(not(target_feature = "sha"))]
#[multiversion::multiversion(targets("x86_64+sha+sse2+sse3+ssse3+sse4.1"))]
pub(crate) fn compress_both(one: &mut Words, other: &mut Words, blocks: &[[u8; BLOCK]]) {
    multiversion::target::match_target! {
        "x86_64+sha+sse2+sse3+ssse3+sse4.1" => x86::compress_both(one, other, blocks),
        _ => compress_in_turn(one, other, blocks),
    }
}

// A build for processors that are known to have them looks at none, which is what makes the call safe.
#[cfg(target_feature = "sha")]
pub(crate) use compress_in_turn as compress_both;

/// A processor can begin the rounds of one while those of the other wait.
pub(crate) fn compress_in_turn(one: &mut Words, other: &mut Words, blocks: &[[u8; BLOCK]]) {
    for block in blocks {
        compress256(one, std::slice::from_ref(block));
        compress256(other, std::slice::from_ref(block));
    }
}

/// After "Intel SHA Extensions" (Intel, 2013): four rounds at a time, of which an instruction does two.
#[cfg(all(target_arch = "x86_64", not(target_feature = "sha")))]
mod x86 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x,
        _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
        _mm_shuffle_epi32,
    };

    use super::{BLOCK, Words};

    /// The constants of the rounds (FIPS 180-4, 4.2.2), four by four.
    const ROUNDS: [[u32; 4]; 16] = [
        [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
        [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
        [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
        [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
        [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
        [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
        [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
        [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
        [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
        [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
        [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
        [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
        [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
        [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
        [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
        [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
    ];

    /// Of the eight words a to h those that the instructions want together: a, b, e, f and c, d, g, h.
    type Halves = [__m128i; 2];

    // Only what is in this module is sure to become part of the loop: an array's `map` was called each time.
    #[target_feature(enable = "sha,sse2,sse3,ssse3,sse4.1")]
    pub(super) fn compress_both(one: &mut Words, other: &mut Words, blocks: &[[u8; BLOCK]]) {
        let (mut first, mut second) = (halves(one), halves(other));
        for block in blocks {
            let (first_before, second_before) = (first, second);
            let mut message = message(block);
            for (four, constants) in ROUNDS.iter().enumerate() {
                if four >= 4 {
                    message = next(message);
                }
                let low = _mm_add_epi32(message[four.min(3)], quad(constants));
                let high = _mm_shuffle_epi32::<0b00_00_11_10>(low);
                first = rounds(first, low, high);
                second = rounds(second, low, high);
            }
            first = sum(first, first_before);
            second = sum(second, second_before);
        }
        *one = words(first);
        *other = words(second);
    }

    /// Four rounds of one hash.
    #[inline]
    #[target_feature(enable = "sha,sse2")]
    fn rounds([abef, cdgh]: Halves, low: __m128i, high: __m128i) -> Halves {
        let cdgh = _mm_sha256rnds2_epu32(cdgh, abef, low);
        [_mm_sha256rnds2_epu32(abef, cdgh, high), cdgh]
    }

    /// The sixteen words that go into the rounds, four words on.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3")]
    fn next([a, b, c, d]: [__m128i; 4]) -> [__m128i; 4] {
        let sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8::<4>(d, c));
        [b, c, d, _mm_sha256msg2_epu32(sum, d)]
    }

    /// The sixteen words of a block, which are big-endian in it.
    #[inline]
    #[target_feature(enable = "sse2,ssse3")]
    fn message(block: &[u8; BLOCK]) -> [__m128i; 4] {
        let [a, b, c, d] = block.as_chunks::<16>().0 else { return [quad(&[0; 4]); 4] };
        [big_endian(a), big_endian(b), big_endian(c), big_endian(d)]
    }

    #[inline]
    #[target_feature(enable = "sse2,ssse3")]
    fn big_endian(bytes: &[u8; 16]) -> __m128i {
        let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        let all = i128::from_le_bytes(*bytes);
        _mm_shuffle_epi8(_mm_set_epi64x((all >> 64) as i64, all as i64), order)
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn sum([abef, cdgh]: Halves, [abef_before, cdgh_before]: Halves) -> Halves {
        [_mm_add_epi32(abef, abef_before), _mm_add_epi32(cdgh, cdgh_before)]
    }

    /// Four words, the first of them lowest.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn quad([a, b, c, d]: &[u32; 4]) -> __m128i {
        _mm_set_epi32(d.cast_signed(), c.cast_signed(), b.cast_signed(), a.cast_signed())
    }

    #[expect(clippy::many_single_char_names, reason = "the names of the standard")]
    #[inline]
    #[target_feature(enable = "sse2")]
    fn halves([a, b, c, d, e, f, g, h]: &Words) -> Halves {
        [quad(&[*f, *e, *b, *a]), quad(&[*h, *g, *d, *c])]
    }

    #[expect(clippy::many_single_char_names, reason = "the names of the standard")]
    #[inline]
    #[target_feature(enable = "sse2,sse4.1")]
    fn words([abef, cdgh]: Halves) -> Words {
        let ([f, e, b, a], [h, g, d, c]) = (unquad(abef), unquad(cdgh));
        [a, b, c, d, e, f, g, h]
    }

    #[inline]
    #[target_feature(enable = "sse2,sse4.1")]
    fn unquad(words: __m128i) -> [u32; 4] {
        let [a, b] = [_mm_extract_epi32::<0>(words), _mm_extract_epi32::<1>(words)];
        let [c, d] = [_mm_extract_epi32::<2>(words), _mm_extract_epi32::<3>(words)];
        [a.cast_unsigned(), b.cast_unsigned(), c.cast_unsigned(), d.cast_unsigned()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn each_is_what_the_library_makes_of_it_alone(
            one: Words,
            other: Words,
            bytes in proptest::collection::vec(any::<u8>(), 0..BLOCK * 9),
        ) {
            let blocks = bytes.as_chunks::<BLOCK>().0;
            for both in [compress_both, compress_in_turn] {
                let (mut first, mut second) = (one, other);
                both(&mut first, &mut second, blocks);
                for (found, mut alone) in [(first, one), (second, other)] {
                    compress256(&mut alone, blocks);
                    prop_assert_eq!(found, alone);
                }
            }
        }
    }
}
