//! What an author does with the program, from outside: it is started as a person starts it, on real models and photos.

mod convert;
mod dev;
mod documents;
mod inspect;
mod made;
mod new;
mod own;
mod recognised;
mod run;
mod support;
mod test;
