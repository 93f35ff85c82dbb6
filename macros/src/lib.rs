//! The `#[capi]` attribute, by which a Rust function or static becomes a symbol of libpython. It reads tokens only.
use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Exports a function or a static under its CPython name.
///
/// On a function it adds `extern "C"` and `#[unsafe(no_mangle)]`; on a static `#[unsafe(no_mangle)]`. An `extern "C"`
/// function never lets a panic out: the process prints the place and aborts, as `Py_FatalError` does.
///
/// Names must start with `Py`, `_Py`, `pyroxene_` or `Pyroxene_`, so that nothing of ours can collide with a program's own
/// symbols by accident.
#[proc_macro_attribute]
pub fn capi(_args: TokenStream, item: TokenStream) -> TokenStream {
    let mut out = no_mangle();
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let word = match &token {
            TokenTree::Ident(ident) => ident.to_string(),
            _ => String::new(),
        };
        if word == "fn" {
            out.extend([
                TokenTree::from(Ident::new("extern", Span::call_site())),
                TokenTree::from(Literal::string("C")),
            ]);
        }
        let is_item = word == "fn" || word == "static";
        out.extend([token]);
        if is_item {
            if let Some(TokenTree::Ident(next)) = tokens.peek()
                && next.to_string() == "mut"
            {
                out.extend(tokens.next());
            }
            if let Some(TokenTree::Ident(name)) = tokens.peek() {
                let text = name.to_string();
                let ours = ["Py", "_Py", "pyroxene_", "Pyroxene_"];
                if !ours.iter().any(|prefix| text.starts_with(prefix)) {
                    return error("an exported symbol starts with Py, _Py, pyroxene_ or Pyroxene_");
                }
            }
            out.extend(tokens);
            return out;
        }
    }
    error("#[capi] goes on a function or a static")
}

/// `#[unsafe(no_mangle)]`
fn no_mangle() -> TokenStream {
    let inner =
        TokenStream::from_iter([TokenTree::from(Ident::new("no_mangle", Span::call_site()))]);
    let attribute = TokenStream::from_iter([
        TokenTree::from(Ident::new("unsafe", Span::call_site())),
        TokenTree::from(Group::new(Delimiter::Parenthesis, inner)),
    ]);
    TokenStream::from_iter([
        TokenTree::from(Punct::new('#', Spacing::Alone)),
        TokenTree::from(Group::new(Delimiter::Bracket, attribute)),
    ])
}

/// `compile_error!(text)`
fn error(text: &str) -> TokenStream {
    let inner = TokenStream::from_iter([TokenTree::from(Literal::string(text))]);
    TokenStream::from_iter([
        TokenTree::from(Ident::new("compile_error", Span::call_site())),
        TokenTree::from(Punct::new('!', Spacing::Alone)),
        TokenTree::from(Group::new(Delimiter::Brace, inner)),
    ])
}
