//! The 68 opcodes of protocols 0 to 5.
//!
//! Source: `Lib/pickletools.py` and `Modules/_pickle.c` of CPython 3.11.

macro_rules! opcodes {
    ($($name:ident = $code:literal;)*) => {
        $(pub(crate) const $name: u8 = $code;)*
        /// Name of an opcode; none for a byte that is no opcode.
        pub fn name(code: u8) -> Option<&'static str> {
            match code {
                $($name => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

opcodes! {
    INT = b'I';
    LONG = b'L';
    STRING = b'S';
    NONE = b'N';
    UNICODE = b'V';
    FLOAT = b'F';
    APPEND = b'a';
    LIST = b'l';
    TUPLE = b't';
    DICT = b'd';
    SETITEM = b's';
    POP = b'0';
    DUP = b'2';
    MARK = b'(';
    GET = b'g';
    PUT = b'p';
    GLOBAL = b'c';
    REDUCE = b'R';
    BUILD = b'b';
    INST = b'i';
    STOP = b'.';
    PERSID = b'P';
    BININT = b'J';
    BININT1 = b'K';
    BININT2 = b'M';
    BINSTRING = b'T';
    SHORT_BINSTRING = b'U';
    BINUNICODE = b'X';
    BINFLOAT = b'G';
    EMPTY_LIST = b']';
    APPENDS = b'e';
    EMPTY_TUPLE = b')';
    EMPTY_DICT = b'}';
    SETITEMS = b'u';
    POP_MARK = b'1';
    BINGET = b'h';
    LONG_BINGET = b'j';
    BINPUT = b'q';
    LONG_BINPUT = b'r';
    OBJ = b'o';
    BINPERSID = b'Q';
    PROTO = 0x80;
    NEWOBJ = 0x81;
    EXT1 = 0x82;
    EXT2 = 0x83;
    EXT4 = 0x84;
    TUPLE1 = 0x85;
    TUPLE2 = 0x86;
    TUPLE3 = 0x87;
    NEWTRUE = 0x88;
    NEWFALSE = 0x89;
    LONG1 = 0x8a;
    LONG4 = 0x8b;
    BINBYTES = b'B';
    SHORT_BINBYTES = b'C';
    SHORT_BINUNICODE = 0x8c;
    BINUNICODE8 = 0x8d;
    BINBYTES8 = 0x8e;
    EMPTY_SET = 0x8f;
    ADDITEMS = 0x90;
    FROZENSET = 0x91;
    NEWOBJ_EX = 0x92;
    STACK_GLOBAL = 0x93;
    MEMOIZE = 0x94;
    FRAME = 0x95;
    BYTEARRAY8 = 0x96;
    NEXT_BUFFER = 0x97;
    READONLY_BUFFER = 0x98;
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_are_68_opcodes() {
        assert_eq!((0..=255).filter(|code| super::name(*code).is_some()).count(), 68);
        assert_eq!(super::name(super::STACK_GLOBAL), Some("STACK_GLOBAL"));
        assert_eq!(super::name(b'?'), None);
    }
}
