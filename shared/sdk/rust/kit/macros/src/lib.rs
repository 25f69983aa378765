//! The macros of `vision-app`, which documents them.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Expr, Field, Fields, ItemFn, LitStr, Result, parse_macro_input};

/// Makes a function the app's own: it is called once per run, with the inputs, and answers with the results.
///
/// `fn run(inputs: Inputs) -> vision_app::Result<Outputs>`, where the types derive [`Inputs`](macro@Inputs) and
/// [`Outputs`](macro@Outputs).
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    if !arguments.is_empty() {
        return error("#[vision_app::main] takes no arguments");
    }
    let function = parse_macro_input!(item as ItemFn);
    if function.sig.asyncness.is_some() || function.sig.inputs.len() != 1 {
        let message = "the app's function is of the form `fn run(inputs: Inputs) -> vision_app::Result<Outputs>`";
        return Error::new_spanned(&function.sig, message).into_compile_error().into();
    }
    let name = &function.sig.ident;
    quote! {
        #function

        const _: () = {
            struct Component;

            impl ::vision_app::__private::Guest for Component {
                fn run(
                    inputs: ::std::vec::Vec<(::std::string::String, ::vision_app::__private::Value)>,
                ) -> ::std::result::Result<
                    ::std::vec::Vec<(::std::string::String, ::vision_app::__private::Value)>,
                    ::std::string::String,
                > {
                    ::vision_app::__private::run(inputs, #name)
                }
            }

            ::vision_app::bindings::export_component!(Component with_types_in ::vision_app::bindings);
        };
    }
    .into()
}

/// Reads a struct from the inputs of a run. A field takes the parameter of its name in upper camel case (`min_score`:
/// `MinScore`), or the one that `#[vision(name = "…")]` names. An `Option` is none where the input was left empty;
/// `#[vision(default = …)]` stands in for it otherwise.
#[proc_macro_derive(Inputs, attributes(vision))]
pub fn inputs(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    read(&item).unwrap_or_else(Error::into_compile_error).into()
}

/// Writes a struct as the results of a run. A field becomes the result variable of its name, or of the one that
/// `#[vision(name = "…")]` gives. An `Option` that is none is left away.
#[proc_macro_derive(Outputs, attributes(vision))]
pub fn outputs(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    write(&item).unwrap_or_else(Error::into_compile_error).into()
}

fn error(message: &str) -> TokenStream {
    Error::new(proc_macro2::Span::call_site(), message).into_compile_error().into()
}

fn read(item: &DeriveInput) -> Result<proc_macro2::TokenStream> {
    let mut parts = Vec::new();
    for field in fields(item)? {
        let Options { name, default } = options(&field.attrs)?;
        let ident = &field.ident;
        let name = name.unwrap_or_else(|| camel(&plain(field)));
        parts.push(match default {
            Some(default) => quote! { #ident: given.find(#name)?.unwrap_or_else(|| (#default).into()) },
            None => quote! { #ident: given.take(#name)? },
        });
    }
    let ident = &item.ident;
    let (implemented, types, bounds) = item.generics.split_for_impl();
    Ok(quote! {
        impl #implemented ::vision_app::Inputs for #ident #types #bounds {
            fn read(given: &mut ::vision_app::Given) -> ::vision_app::Result<Self> {
                Ok(Self { #(#parts),* })
            }
        }
    })
}

fn write(item: &DeriveInput) -> Result<proc_macro2::TokenStream> {
    let mut parts = Vec::new();
    for field in fields(item)? {
        let Options { name, default } = options(&field.attrs)?;
        if let Some(default) = default {
            return Err(Error::new_spanned(default, "a result has no default"));
        }
        let ident = &field.ident;
        let name = name.unwrap_or_else(|| plain(field));
        parts.push(quote! { written.add(#name, self.#ident)?; });
    }
    let ident = &item.ident;
    let (implemented, types, bounds) = item.generics.split_for_impl();
    Ok(quote! {
        impl #implemented ::vision_app::Outputs for #ident #types #bounds {
            fn write(self, written: &mut ::vision_app::__private::Written) -> ::vision_app::Result<()> {
                #(#parts)*
                Ok(())
            }
        }
    })
}

fn fields(item: &DeriveInput) -> Result<impl Iterator<Item = &Field>> {
    match &item.data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_) | Fields::Unit) => Ok(data.fields.iter()),
        _ => Err(Error::new_spanned(&item.ident, "must be a struct with named fields, one per input or result")),
    }
}

#[derive(Default)]
struct Options {
    name: Option<String>,
    default: Option<Expr>,
}

fn options(attributes: &[Attribute]) -> Result<Options> {
    let mut options = Options::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("vision")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                options.name = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("default") {
                options.default = Some(meta.value()?.parse()?);
            } else {
                return Err(meta.error("expected `name = \"…\"` or `default = …`"));
            }
            Ok(())
        })?;
    }
    Ok(options)
}

fn plain(field: &Field) -> String {
    field.ident.as_ref().map(ToString::to_string).unwrap_or_default().trim_start_matches("r#").to_owned()
}

fn camel(name: &str) -> String {
    let words = name.split('_').filter_map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_are_called_as_parameters_are() {
        assert_eq!(super::camel("min_score"), "MinScore");
        assert_eq!(super::camel("image"), "Image");
    }
}
