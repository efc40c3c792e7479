//! Sets of attributes of entity classes.
//!
//! An access to something of unknown type may be to an attribute of any class. Such attributes are
//! kept as one, by their name: listed class by class in every function, they would grow with the square
//! of the application. Only the program lists them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anabranch_ir::{Member, OperatorId};
use rustc_hash::FxHashMap;

use super::Footprint;
use super::classes::ApplicationClasses;
use crate::types::Typing;

/// The number of a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Name(u32);

/// All names that were asked for, once each.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: RefCell<FxHashMap<Rc<str>, Name>>,
    texts: RefCell<Vec<Rc<str>>>,
}

impl Names {
    pub(super) fn number(&self, text: &str) -> Name {
        let mut numbers = self.numbers.borrow_mut();
        if let Some(known) = numbers.get(text) {
            return *known;
        }
        let mut texts = self.texts.borrow_mut();
        let text: Rc<str> = Rc::from(text);
        let number = u32::try_from(texts.len()).expect("this is a bug in Anabranch: so many names");
        texts.push(Rc::clone(&text));
        numbers.insert(text, Name(number));
        Name(number)
    }

    pub(super) fn text(&self, name: Name) -> Rc<str> {
        Rc::clone(&self.texts.borrow()[name.0 as usize])
    }
}

/// Which classes an attribute may be one of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Which {
    /// Those whose own code assigns it, unless they define functions of that name.
    Assigning,
    /// All but those that define functions of that name.
    WithoutFunction,
    Every,
}

/// An attribute of several classes.
type Anywhere = (Name, Which);

/// A set of attributes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Attributes {
    of_class: BTreeSet<(usize, Name)>,
    /// None of them is without a class.
    anywhere: BTreeSet<Anywhere>,
}

impl Attributes {
    pub(super) fn is_empty(&self) -> bool {
        self.of_class.is_empty() && self.anywhere.is_empty()
    }

    /// A number that is larger whenever there is more in the set.
    pub(super) fn weight(&self) -> usize {
        self.of_class.len() + self.anywhere.len()
    }

    pub(super) fn insert(&mut self, class: usize, name: Name) {
        self.of_class.insert((class, name));
    }

    /// Adds the attribute of all the classes that there are of them.
    pub(super) fn insert_anywhere(
        &mut self,
        anywhere: (Name, Which),
        typing: &Typing<'_>,
        classes: &ApplicationClasses,
    ) {
        if !self.anywhere.contains(&anywhere) && members(anywhere, typing, classes).next().is_some()
        {
            self.anywhere.insert(anywhere);
        }
    }

    pub(super) fn extend(&mut self, others: &Attributes) {
        self.of_class.extend(&others.of_class);
        self.anywhere.extend(&others.anywhere);
    }

    /// Whether an attribute of the class is among them.
    pub(super) fn has_class(
        &self,
        class: usize,
        typing: &Typing<'_>,
        classes: &ApplicationClasses,
    ) -> bool {
        let mut of_class = self.of_class.range((class, Name(0))..(class + 1, Name(0)));
        of_class.next().is_some()
            || self.anywhere.iter().any(|anywhere| is_member(*anywhere, class, typing, classes))
    }
}

/// The classes whose attribute it may be, in order.
fn members(
    (name, which): Anywhere,
    typing: &Typing<'_>,
    classes: &ApplicationClasses,
) -> impl Iterator<Item = usize> {
    let text = classes.names.text(name);
    let (assigning, all) = match which {
        Which::Assigning => (typing.having_attribute(&text), 0..0),
        _ => (&[][..], 0..typing.application.entities.len()),
    };
    let candidates = assigning.iter().copied().chain(all);
    candidates.filter(move |class| is_member((name, which), *class, typing, classes))
}

fn is_member(
    (name, which): Anywhere,
    class: usize,
    typing: &Typing<'_>,
    classes: &ApplicationClasses,
) -> bool {
    let text = classes.names.text(name);
    let has_function = || !classes.members_of(typing.application, class, &text).is_empty();
    match which {
        Which::Assigning => typing.has_attribute(class, &text) && !has_function(),
        Which::WithoutFunction => !has_function(),
        Which::Every => true,
    }
}

/// What it takes to list attributes class by class.
#[derive(Debug)]
pub(super) struct AttributeLists {
    /// In their order.
    texts: Vec<Rc<str>>,
    /// By number: the place of the name in `texts`.
    places: Vec<usize>,
    /// The classes of each.
    anywhere: FxHashMap<Anywhere, Vec<usize>>,
}

impl AttributeLists {
    /// For the attributes in these footprints.
    pub(super) fn of(
        functions: &BTreeMap<usize, Footprint>,
        typing: &Typing<'_>,
        classes: ApplicationClasses,
    ) -> Self {
        let mut lists: FxHashMap<Anywhere, Vec<usize>> = FxHashMap::default();
        for footprint in functions.values() {
            for anywhere in footprint.reads.anywhere.iter().chain(&footprint.writes.anywhere) {
                let list = lists.entry(*anywhere);
                list.or_insert_with(|| members(*anywhere, typing, &classes).collect());
            }
        }
        let mut ordered: Vec<(Rc<str>, usize)> =
            classes.names.texts.into_inner().into_iter().zip(0..).collect();
        ordered.sort_unstable();
        let mut places = vec![0; ordered.len()];
        for (place, (_, number)) in ordered.iter().enumerate() {
            places[*number] = place;
        }
        let texts = ordered.into_iter().map(|(text, _)| text).collect();
        Self { texts, places, anywhere: lists }
    }

    /// The attributes in order.
    pub(super) fn listed(&self, attributes: &Attributes) -> Vec<Member> {
        let place = |name: Name| self.places[name.0 as usize];
        let of_class = attributes.of_class.iter().map(|(class, name)| (*class, place(*name)));
        let mut listed: Vec<(usize, usize)> = of_class.collect();
        for anywhere in &attributes.anywhere {
            let classes = self.anywhere[anywhere].iter();
            listed.extend(classes.map(|class| (*class, place(anywhere.0))));
        }
        listed.sort_unstable();
        listed.dedup();
        let member = |(class, place): (usize, usize)| Member {
            operator: OperatorId::from_index(class),
            name: self.texts[place].to_string(),
        };
        listed.into_iter().map(member).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_listed_by_class_and_name_each_once() {
        let names = Names::default();
        let [later, earlier] = ["later", "earlier"].map(|text| names.number(text));
        assert_eq!(names.number("later"), later);
        let attributes = Attributes {
            of_class: BTreeSet::from([(1, later), (1, earlier), (0, later)]),
            anywhere: BTreeSet::from([(earlier, Which::Every)]),
        };
        let lists = AttributeLists {
            texts: vec![Rc::from("earlier"), Rc::from("later")],
            places: vec![1, 0],
            anywhere: FxHashMap::from_iter([((earlier, Which::Every), vec![0, 1])]),
        };
        let listed = lists.listed(&attributes);
        let listed: Vec<(usize, &str)> =
            listed.iter().map(|member| (member.operator.index(), &*member.name)).collect();
        assert_eq!(listed, [(0, "earlier"), (0, "later"), (1, "earlier"), (1, "later")]);
    }
}
