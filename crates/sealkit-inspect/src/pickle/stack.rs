//! The stack and the memo of the pickle machine; both limited.

use std::collections::BTreeMap;

use super::Item;

/// Items above one mark that are kept before the lower ones are only counted.
const ITEMS: usize = 1 << 17;
/// Items that are kept then.
const TOP: usize = 1 << 12;
/// Marks and items together.
const ALL: usize = 1 << 18;
/// Memo entries that are kept in a row; entries behind are only counted.
const ROW: usize = 1 << 19;
/// Memo entries that are kept out of the row.
const SPARSE: usize = 1 << 12;

/// A mark: where its items start, and how many of the lowest were only counted.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    start: usize,
    lost: u64,
}

/// The stack, parted by marks.
#[derive(Debug, Default)]
pub(super) struct Stack {
    items: Vec<Item>,
    base: Mark,
    marks: Vec<Mark>,
}

impl Stack {
    /// Puts an item on top; false where there is no more room.
    pub(super) fn push(&mut self, item: Item) -> bool {
        self.items.push(item);
        let mark = self.marks.last_mut().unwrap_or(&mut self.base);
        let above = self.items.len() - mark.start;
        if above > ITEMS {
            let gone = above - TOP;
            self.items.drain(mark.start..mark.start + gone);
            mark.lost = mark.lost.saturating_add(gone as u64);
        }
        self.items.len() < ALL
    }

    /// Takes the top item; `None` at a mark or at the bottom.
    pub(super) fn pop(&mut self) -> Option<Item> {
        let mark = self.marks.last_mut().unwrap_or(&mut self.base);
        if self.items.len() > mark.start {
            return self.items.pop();
        }
        mark.lost = mark.lost.checked_sub(1)?;
        Some(Item::Lost)
    }

    /// The top item.
    pub(super) fn top(&self) -> Option<Item> {
        let mark = self.marks.last().unwrap_or(&self.base);
        if self.items.len() > mark.start {
            return self.items.last().copied();
        }
        (mark.lost > 0).then_some(Item::Lost)
    }

    pub(super) fn mark(&mut self) -> bool {
        self.marks.push(Mark { start: self.items.len(), lost: 0 });
        self.marks.len() < ALL
    }

    /// Removes the last mark with what stands above it, which goes to `into`. Gives how many
    /// there were; `None` without a mark.
    pub(super) fn pop_mark(&mut self, into: &mut Vec<Item>) -> Option<u64> {
        let mark = self.marks.pop()?;
        into.clear();
        into.extend(self.items.drain(mark.start..));
        Some(mark.lost.saturating_add(into.len() as u64))
    }
}

/// The memo. Its length is the number of its entries, as `MEMOIZE` counts them.
#[derive(Debug, Default)]
pub(super) struct Memo {
    row: Vec<Option<Item>>,
    sparse: BTreeMap<u64, Item>,
    len: u64,
    forgotten: bool,
}

impl Memo {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn put(&mut self, index: u64, item: Item) {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        if at < ROW && at <= self.row.len().saturating_add(SPARSE) {
            if at >= self.row.len() {
                self.row.resize(at + 1, None);
            }
            if let Some(entry) = self.row.get_mut(at) {
                let is_new = entry.is_none() && self.sparse.remove(&index).is_none();
                self.len += u64::from(is_new);
                *entry = Some(item);
            }
        } else if self.sparse.len() < SPARSE || self.sparse.contains_key(&index) {
            self.len += u64::from(self.sparse.insert(index, item).is_none());
        } else {
            self.len += 1;
            self.forgotten = true;
        }
    }

    /// An entry; [`Item::Lost`] where it may have been forgotten, `None` where it never was.
    pub(super) fn get(&self, index: u64) -> Option<Item> {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let kept = self.row.get(at).copied().flatten();
        let kept = kept.or_else(|| self.sparse.get(&index).copied());
        kept.or(self.forgotten.then_some(Item::Lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_a_floor() {
        let mut stack = Stack::default();
        assert_eq!(stack.pop(), None);
        stack.push(Item::Int(1));
        stack.mark();
        assert_eq!((stack.top(), stack.pop()), (None, None));
        stack.push(Item::Int(2));
        let mut items = Vec::new();
        assert_eq!(stack.pop_mark(&mut items), Some(1));
        assert_eq!(items, [Item::Int(2)]);
        assert_eq!(stack.pop_mark(&mut items), None);
        assert_eq!(stack.pop(), Some(Item::Int(1)));
    }

    #[test]
    fn what_lies_deep_is_counted_and_what_lies_on_top_is_kept() {
        let mut stack = Stack::default();
        stack.mark();
        let count = (ITEMS * 3) as i64;
        for n in 0..count {
            assert!(stack.push(Item::Int(n)));
        }
        assert!(stack.items.len() <= ITEMS);
        assert_eq!(stack.top(), Some(Item::Int(count - 1)));
        let mut items = Vec::new();
        assert_eq!(stack.pop_mark(&mut items), Some(count as u64));
        assert_eq!(items.last(), Some(&Item::Int(count - 1)));
    }

    #[test]
    fn counted_items_can_be_taken() {
        let mut stack = Stack::default();
        for _ in 0..=ITEMS {
            stack.push(Item::None);
        }
        for _ in 0..TOP {
            assert_eq!(stack.pop(), Some(Item::None));
        }
        assert_eq!(stack.pop(), Some(Item::Lost));
    }

    #[test]
    fn the_memo_counts_entries_and_not_indices() {
        let mut memo = Memo::default();
        memo.put(5, Item::Int(5));
        memo.put(5, Item::Int(6));
        memo.put(1 << 31, Item::Int(7));
        assert_eq!(memo.len(), 2);
        assert_eq!(memo.get(5), Some(Item::Int(6)));
        assert_eq!(memo.get(1 << 31), Some(Item::Int(7)));
        assert_eq!(memo.get(4), None);
        for n in 0..(ROW + SPARSE) as u64 + 9 {
            memo.put(n, Item::None);
        }
        assert_eq!(memo.get(u64::MAX), Some(Item::Lost));
        assert!(memo.row.len() <= ROW);
    }
}
