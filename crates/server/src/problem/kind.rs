//! The table of all problems.

use axum::http::StatusCode;

macro_rules! kinds {
    ($($name:ident, $status:literal, $slug:literal, $title:literal;)*) => {
        /// What can be wrong.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Kind {
            $($name,)*
        }

        impl Kind {
            /// All of them, in the order of the table.
            pub(crate) const ALL: &[Kind] = &[$(Kind::$name,)*];

            /// Usual status, slug and title.
            fn entry(self) -> (u16, &'static str, &'static str) {
                match self {
                    $(Kind::$name => ($status, $slug, $title),)*
                }
            }
        }
    };
}

kinds! {
    NotJson, 400, "not-json", "The body is not JSON";
    NotAValue, 400, "not-a-value", "The body is not an encoded value";
    NotARequest, 400, "not-a-request", "The frame is no request";
    ProtocolVersion, 400, "protocol-version", "The version of the binary protocol is not spoken";
    IdempotencyKey, 400, "idempotency-key", "The idempotency key is malformed";
    Unauthorized, 401, "unauthorized", "A bearer token is needed";
    NoSuchRoute, 404, "no-such-route", "There is nothing here";
    NoSuchClass, 404, "no-such-class", "There is no such entity class";
    NoSuchMethod, 404, "no-such-method", "There is no such method";
    EntityNotFound, 404, "entity-not-found", "There is no such entity";
    MethodNotAllowed, 405, "method-not-allowed", "The HTTP method is not allowed here";
    NoJsonForm, 406, "no-json-form", "The result has no form in JSON";
    SlowBody, 408, "slow-body", "The body did not arrive in time";
    EntityExists, 409, "entity-exists", "The entity exists already";
    ApplicationException, 409, "application-exception", "The application raised an exception";
    BodyTooLarge, 413, "body-too-large", "The body is too large";
    UnsupportedMediaType, 415, "unsupported-media-type", "The content type is not supported";
    Arguments, 422, "arguments", "The arguments do not fit";
    IdempotencyConflict, 422, "idempotency-conflict", "The idempotency key names another request";
    Bug, 500, "bug", "A fault of the server";
    Overloaded, 503, "overloaded", "Too many requests are waiting";
    Unavailable, 503, "unavailable", "The engine is not available";
    Interrupted, 504, "interrupted", "The transaction was interrupted";
    Timeout, 504, "timeout", "There was no reply in time";
}

impl Kind {
    /// The status, unless the application's exception chooses another.
    pub(crate) fn status(self) -> StatusCode {
        let status = StatusCode::from_u16(self.entry().0);
        status.expect("this is a bug in Anabranch: the table has a status that is none")
    }

    /// The last part of the problem's type.
    pub(crate) fn slug(self) -> &'static str {
        self.entry().1
    }

    /// The same words for every problem of the kind.
    pub(crate) fn title(self) -> &'static str {
        self.entry().2
    }
}
