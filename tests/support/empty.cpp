// A library needs a source to be precompiled for.
