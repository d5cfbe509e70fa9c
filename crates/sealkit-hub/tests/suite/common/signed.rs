//! A key and a token that openssl signed with it; the private half is gone.

/// Modulus of the key.
pub const RSA_N: &str = "\
     tRbAIMGDbQ4LLkEUJ7ikTK49SZbrc6_-_0tlQKs5V1aCxFi_Hj_UQ2lj8bUMRUYr5DNHogDDsNBzHL0GGZfgBx\
     6XSUIRj7DRuG0io4nO3X86v9JsZ7ynLsd34OxpvJ5QIMxrRlSC6m1mHz-qOYo69vU3ToztXP2Cfmp0t3KlcdFS\
     oZU2MZILD3vnMfa9Z_Xy54iq-yE0lCrzQugR6cClxFWC8tXOT9iDDCPT0f7kA-OFNmVaYhkvcKYIiaTC3s6FQ0\
     icnncaQbC5hwZ3E5NqXwBR-oNmlD5C1QpNO-3rVpbWk56Z3DuEq_E2-2VAXdlZwoOWI6cLg5E4mjVvXj48Lw";
/// Of issuer `https://ci.example` for `hub`, from 1,000 to 1,300 seconds since 1970, claiming `repository` `org/app`.
pub const RSA_TOKEN: &str = "\
     eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2NpLmV4YW1wb\
     GUiLCJhdWQiOlsiaHViIl0sInN1YiI6InJlcG86b3JnL2FwcDpyZWY6cmVmcy9oZWFkcy9tYWluIiwicmVwb3N\
     pdG9yeSI6Im9yZy9hcHAiLCJpYXQiOjEwMDAsIm5iZiI6MTAwMCwiZXhwIjoxMzAwfQ.LYYbqHW5y7v6jT_3Eq\
     Q4p3a-0SsCxXxO0m9g3lqT2ZSJsD1vlyWt-NZ-NdKOTiToFCbz7C7QFMcA_B1nP7k9kCR8TchQisKd7Y99MVAK\
     zDQayup7BCviB6mzpIUC0M4SLDzBfkmqqslSyopZAFUMqaXJVieYOmGiV4TA6gQtKqqbUVfSpNPP8QErbq3Gdd\
     sCoLXSagubav4iOCkpRb5b44WMYuhsFlKi0YiZ5PNYyqhYw4x7ukZtbGIwvn5efQW53uHeVsAlTxBcXCq6EQuQ\
     iGJQgnHJ3GN1gbJ5CCS6pgmmwQjCd4i8N2maAR6ozKNi7OB5r7TrkwKUT7t0PU4JEg";
