//! Numbers for the names of attributes and methods: sets of numbers are small and fast.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

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
        if let Some(known) = self.numbers.borrow().get(text) {
            return *known;
        }
        let mut texts = self.texts.borrow_mut();
        let text: Rc<str> = Rc::from(text);
        let number = u32::try_from(texts.len()).expect("this is a bug in Anabranch: so many names");
        texts.push(Rc::clone(&text));
        self.numbers.borrow_mut().insert(text, Name(number));
        Name(number)
    }

    /// The names with their order.
    pub(super) fn ordered(self) -> OrderedNames {
        let texts = self.texts.into_inner();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_unstable_by_key(|number| &texts[*number]);
        let mut places = vec![0; texts.len()];
        for (place, number) in order.into_iter().enumerate() {
            places[number] = place;
        }
        OrderedNames { texts, places }
    }
}

/// Names that are all known.
#[derive(Debug)]
pub(super) struct OrderedNames {
    /// By number.
    texts: Vec<Rc<str>>,
    /// By number: the place of the name among all in alphabetical order.
    places: Vec<usize>,
}

impl OrderedNames {
    pub(super) fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }

    pub(super) fn place(&self, name: Name) -> usize {
        self.places[name.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number_and_its_place_in_the_alphabet() {
        let names = Names::default();
        let [later, earlier] = ["later", "earlier"].map(|text| names.number(text));
        assert_eq!(names.number("later"), later);
        let ordered = names.ordered();
        assert_eq!([ordered.text(later), ordered.text(earlier)], ["later", "earlier"]);
        assert!(ordered.place(earlier) < ordered.place(later));
    }
}
