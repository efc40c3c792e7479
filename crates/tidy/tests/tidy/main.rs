mod layers;
fn main() {}
