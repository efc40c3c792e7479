//! The order in which what functions do can be put together: callees first.

/// A node that is being gone through.
struct Visit {
    node: usize,
    next_callee: usize,
}

/// The functions in groups that call each other in a circle (Tarjan's strongly connected
/// components); most are alone in theirs. A group comes after all that its functions call.
/// `callees` is indexed by function.
pub(crate) fn groups(callees: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    const DONE: usize = usize::MAX - 1;
    // When a function was met, and the earliest one on the path that can be reached from it.
    let mut met = vec![UNSEEN; callees.len()];
    let mut earliest = vec![UNSEEN; callees.len()];
    let mut open = Vec::new();
    let mut groups = Vec::new();
    let mut count = 0;
    for start in 0..callees.len() {
        if met[start] != UNSEEN {
            continue;
        }
        let mut path = vec![Visit { node: start, next_callee: 0 }];
        while let Some(visit) = path.last_mut() {
            let node = visit.node;
            if met[node] == UNSEEN {
                (met[node], earliest[node]) = (count, count);
                count += 1;
                open.push(node);
            }
            if let Some(callee) = callees[node].get(visit.next_callee) {
                visit.next_callee += 1;
                match met[*callee] {
                    UNSEEN => path.push(Visit { node: *callee, next_callee: 0 }),
                    DONE => {}
                    met => earliest[node] = earliest[node].min(met),
                }
                continue;
            }
            path.pop();
            if let Some(caller) = path.last() {
                earliest[caller.node] = earliest[caller.node].min(earliest[node]);
            }
            if earliest[node] == met[node] {
                let first = open.iter().rposition(|other| *other == node);
                let group = open.split_off(first.expect("this is a bug in Anabranch: it is open"));
                group.iter().for_each(|member| met[*member] = DONE);
                groups.push(group);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callees_come_first_and_circles_together() {
        let callees = vec![vec![1], vec![2, 3], vec![1], vec![3, 4], vec![], vec![0]];
        let mut groups = groups(&callees);
        groups.iter_mut().for_each(|group| group.sort_unstable());
        assert_eq!(groups, [vec![4], vec![3], vec![1, 2], vec![0], vec![5]]);
    }

    #[test]
    fn long_chains_need_no_stack() {
        let last = 1_000_000;
        let callees: Vec<Vec<usize>> = (0..=last)
            .map(|caller| Vec::from_iter((caller < last).then_some(caller + 1)))
            .collect();
        assert_eq!(groups(&callees).len(), last + 1);
    }
}
