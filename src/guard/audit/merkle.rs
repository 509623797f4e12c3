//! The Merkle tree of RFC 6962 (and RFC 9162): hashes, the right edge, proofs and their checks.
//!
//! A leaf is hashed as SHA-256(0x00 ‖ leaf), an inner node as SHA-256(0x01 ‖ left ‖ right); the left
//! subtree of `n` leaves holds the largest power of two below `n`. Nothing here reads or writes.

use sha2::{Digest as _, Sha256};

use super::Hash;

/// The hash of a leaf.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of an inner node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // In one piece: three updates of a hasher cost as much again as the hashing.
    let mut node = [1; 65];
    node[1..33].copy_from_slice(left);
    node[33..].copy_from_slice(right);
    Sha256::digest(node).into()
}

/// The root of a tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The right edge of a tree (a compact range): the roots of its complete subtrees, largest first,
/// one for each bit set in the number of leaves. Enough to append and to give the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    len: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// The edge of an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of a tree of which only the roots of each 256 leaves are known.
    #[must_use]
    pub fn of_blocks(roots: &[Hash]) -> Self {
        let mut edge = Self::new();
        for root in roots {
            edge.push(*root);
        }
        // The same subtrees, each 256 times as large.
        Self { len: edge.len.saturating_mul(256), roots: edge.roots }
    }

    /// Appends 256 leaves by their root, to an edge whose length is a multiple of 256.
    pub fn push_block(&mut self, root: Hash) {
        let mut blocks = Self { len: self.len / 256, roots: std::mem::take(&mut self.roots) };
        blocks.push(root);
        *self = Self { len: blocks.len.saturating_mul(256), roots: blocks.roots };
    }

    /// The roots of the complete subtrees, largest first.
    #[must_use]
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// The number of leaves.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are no leaves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The smallest complete subtree's root; of an odd number of leaves, the last leaf's hash.
    #[must_use]
    pub fn last(&self) -> Option<&Hash> {
        self.roots.last()
    }

    /// Appends a leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each trailing one bit is a complete subtree as large as the one just made.
        for _ in 0..self.len.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.roots.push(node);
        self.len = self.len.saturating_add(1);
    }

    /// The root over all leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.roots.iter().rev();
        match smallest_first.next() {
            None => empty_root(),
            Some(first) => smallest_first.fold(*first, |right, left| node_hash(left, &right)),
        }
    }

    /// The stored form: the number of leaves (8 bytes, big-endian), then the roots.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.len.to_be_bytes().to_vec();
        out.extend(self.roots.iter().flatten());
        out
    }

    /// Reads the stored form; nothing when it is not one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (len, rest) = bytes.split_first_chunk::<8>()?;
        let len = u64::from_be_bytes(*len);
        let (roots, tail) = rest.as_chunks::<32>();
        (tail.is_empty() && roots.len() == len.count_ones() as usize)
            .then(|| Self { len, roots: roots.to_vec() })
    }
}

/// The root over these leaf hashes.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    if leaves.len().is_power_of_two() {
        let mut row = leaves.to_vec();
        while row.len() > 1 {
            let half = row.len() / 2;
            for at in 0..half {
                row[at] = node_hash(&row[2 * at], &row[2 * at + 1]);
            }
            row.truncate(half);
        }
        return row.into_iter().next().unwrap_or_else(empty_root);
    }
    let mut edge = Frontier::new();
    for leaf in leaves {
        edge.push(*leaf);
    }
    edge.root()
}

/// Where a tree of `len > 1` leaves divides: the largest power of two below `len`.
fn split_point(len: usize) -> usize {
    1 << (len - 1).ilog2()
}

/// Proof that leaf `index` is in the tree over `leaves`: sibling hashes, lowest first. Nothing when
/// there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut part, mut index) = (leaves, index);
    let mut from_top = Vec::new();
    while part.len() > 1 {
        let (left, right) = part.split_at(split_point(part.len()));
        if index < left.len() {
            from_top.push(root_of(right));
            part = left;
        } else {
            from_top.push(root_of(left));
            index -= left.len();
            part = right;
        }
    }
    from_top.reverse();
    Some(from_top)
}

/// Whether a proof shows the leaf with hash `leaf` at `index` in the tree of `size` leaves with this
/// root.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // A node without a right sibling moves up unhashed until it is a right child.
            while node != 0 && node.is_multiple_of(2) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Proof that the tree over the first `old` leaves is a beginning of the tree over all of them.
/// Nothing when `old` is more than there are. Empty for `old` 0 or all.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old > leaves.len() {
        return None;
    }
    if old == 0 || old == leaves.len() {
        return Some(Vec::new());
    }
    let (mut part, mut old, mut whole) = (leaves, old, true);
    let mut from_top = Vec::new();
    while old != part.len() {
        let (left, right) = part.split_at(split_point(part.len()));
        if old <= left.len() {
            from_top.push(root_of(right));
            part = left;
        } else {
            from_top.push(root_of(left));
            old -= left.len();
            part = right;
            whole = false;
        }
    }
    // The old root itself is known to the verifier, so it is left out when it is a node here.
    if !whole {
        from_top.push(root_of(part));
    }
    from_top.reverse();
    Some(from_top)
}

/// Whether a proof shows the tree of `old` leaves to be a beginning of the tree of `new` leaves.
#[must_use]
pub fn verify_consistency(old: u64, new: u64, proof: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    let (mut node, mut last) = (old - 1, new - 1);
    while node % 2 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let mut path = proof.iter();
    let start = if old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(start) = start else { return false };
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node != 0 && node.is_multiple_of(2) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The recursive definitions of RFC 6962 section 2.1, written as they stand there.
    mod definition {
        use super::*;

        fn k(n: usize) -> usize {
            let mut k = 1;
            while k * 2 < n {
                k *= 2;
            }
            k
        }

        pub fn mth(d: &[Hash]) -> Hash {
            match d.len() {
                0 => Sha256::digest(b"").into(),
                1 => d[0],
                n => {
                    let data = [&[1u8][..], &mth(&d[..k(n)]), &mth(&d[k(n)..])].concat();
                    Sha256::digest(data).into()
                }
            }
        }

        pub fn path(m: usize, d: &[Hash]) -> Vec<Hash> {
            let n = d.len();
            if n == 1 {
                return vec![];
            }
            if m < k(n) {
                [path(m, &d[..k(n)]), vec![mth(&d[k(n)..])]].concat()
            } else {
                [path(m - k(n), &d[k(n)..]), vec![mth(&d[..k(n)])]].concat()
            }
        }

        pub fn subproof(m: usize, d: &[Hash], b: bool) -> Vec<Hash> {
            let n = d.len();
            if m == n {
                return if b { vec![] } else { vec![mth(d)] };
            }
            if m <= k(n) {
                [subproof(m, &d[..k(n)], b), vec![mth(&d[k(n)..])]].concat()
            } else {
                [subproof(m - k(n), &d[k(n)..], false), vec![mth(&d[..k(n)])]].concat()
            }
        }
    }

    fn leaves(size: usize) -> Vec<Hash> {
        (0..size).map(|number| leaf_hash(number.to_string().as_bytes())).collect()
    }

    #[test]
    fn published_roots_of_small_trees_come_out() {
        // The eight leaves and roots that implementations of RFC 6962 share as test data.
        let data: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let hashes: Vec<Hash> = data.iter().map(|leaf| leaf_hash(leaf)).collect();
        for (size, root) in [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
            (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
            (6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
            (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(hex::encode(root_of(&hashes[..size])), root, "{size}");
        }
    }

    #[test]
    fn edge_and_root_follow_the_definition_for_every_size_up_to_300() {
        let all = leaves(300);
        let mut edge = Frontier::new();
        for size in 0..=300 {
            let wanted = definition::mth(&all[..size]);
            assert_eq!(root_of(&all[..size]), wanted);
            assert_eq!((edge.root(), edge.len()), (wanted, size as u64));
            let stored = edge.to_bytes();
            assert_eq!(Frontier::from_bytes(&stored).as_ref(), Some(&edge));
            assert_eq!(Frontier::from_bytes(&[&stored[..], &[0; 32]].concat()), None);
            if size < 300 {
                edge.push(all[size]);
            }
        }
    }

    #[test]
    fn inclusion_proofs_follow_the_definition_and_hold_for_every_leaf() {
        let all = leaves(300);
        for size in (0..=70).chain([127, 128, 129, 255, 256, 257, 300]) {
            let tree = &all[..size];
            let root = root_of(tree);
            for index in 0..size {
                let proof = inclusion_proof(tree, index).unwrap();
                assert_eq!(proof, definition::path(index, tree));
                assert!(verify_inclusion(&tree[index], index as u64, size as u64, &proof, &root));
            }
            assert_eq!(inclusion_proof(tree, size), None);
        }
    }

    #[test]
    fn consistency_proofs_follow_the_definition_and_hold_for_every_pair() {
        let all = leaves(300);
        for new in (0..=66).chain([128, 129, 255, 256, 257, 300]) {
            let tree = &all[..new];
            let root = root_of(tree);
            for old in 0..=new {
                let proof = consistency_proof(tree, old).unwrap();
                if old > 0 {
                    assert_eq!(proof, definition::subproof(old, tree, true));
                }
                assert!(verify_consistency(old as u64, new as u64, &proof, &root_of(&tree[..old]), &root));
            }
            assert_eq!(consistency_proof(tree, new + 1), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn a_bent_inclusion_proof_is_refused(
            size in 1usize..200,
            at in any::<prop::sample::Index>(),
            bit in any::<prop::sample::Index>(),
            kind in 0..6,
        ) {
            let tree = leaves(size);
            let index = at.index(size);
            let (mut leaf, mut root) = (tree[index], root_of(&tree));
            let mut proof = inclusion_proof(&tree, index).unwrap();
            let (mut place, mut total) = (index as u64, size as u64);
            match kind {
                0 => leaf[bit.index(32)] ^= 1,
                1 => root[bit.index(32)] ^= 1,
                2 => if let Some(last) = proof.last_mut() { last[bit.index(32)] ^= 1 } else { total += 1 },
                3 => proof.push(leaf),
                4 => if proof.pop().is_none() { place += 1 },
                _ => place = u64::MAX,
            }
            total = total.max(1);
            prop_assert!(!verify_inclusion(&leaf, place, total, &proof, &root));
        }

        #[test]
        fn a_bent_consistency_proof_is_refused(
            new in 2usize..200,
            at in any::<prop::sample::Index>(),
            bit in any::<prop::sample::Index>(),
            kind in 0..5,
        ) {
            let tree = leaves(new);
            let old = 1 + at.index(new - 1);
            let (mut old_root, mut new_root) = (root_of(&tree[..old]), root_of(&tree));
            let mut proof = consistency_proof(&tree, old).unwrap();
            match kind {
                0 => old_root[bit.index(32)] ^= 1,
                1 => new_root[bit.index(32)] ^= 1,
                2 => { let which = bit.index(proof.len()); proof[which][0] ^= 1; }
                3 => proof.push(new_root),
                _ => { proof.pop(); }
            }
            prop_assert!(!verify_consistency(old as u64, new as u64, &proof, &old_root, &new_root));
        }

        #[test]
        fn arbitrary_numbers_and_proofs_do_not_panic(
            a in any::<u64>(), b in any::<u64>(), length in 0usize..70, bytes in any::<[u8; 32]>(),
        ) {
            let proof = vec![bytes; length];
            prop_assert!(!verify_inclusion(&bytes, a, b, &proof, &bytes) || b == 1);
            let _ = verify_consistency(a, b, &proof, &bytes, &bytes);
        }
    }
}
