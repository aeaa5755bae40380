// What SQL of ours calls and SQLite does not have.
#pragma once
struct sqlite3;

namespace fechatter {
/// fold(text): the folded form that names are compared in, in every script; SQLite's lower() knows ASCII only.
void add_functions(sqlite3*);
}  // namespace fechatter
