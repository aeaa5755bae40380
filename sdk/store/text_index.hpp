// How the texts of rows are found again.
#pragma once
#include <memory>
#include <vector>
#include "sdk/describe/type.hpp"
#include "sdk/store/sqlite.hpp"

namespace fechatter {

/// Keeps an index beside the table of a type with a `search` field, inside the same transactions.
class TextIndex {
 public:
  struct Change {
    std::int64_t rowid = 0;
    std::shared_ptr<const void> before{};  ///< null: there was no such row
    const void* now = nullptr;             ///< null: there is none any more
  };
  virtual ~TextIndex() = default;
  /// All changes of a batch at once, behind its rows: FTS5 gathers what it is told in memory. A statement of another table in between that
  /// SQLite must be able to undo by itself would make it write that out, and every text would be a segment of its own.
  virtual Result<Done> apply(Database&, const Type&, std::vector<Change>&) = 0;
};

/// The folded words, every CJK character by itself, in the table `<type>_text` under the row's own id. An emptied text leaves it.
std::unique_ptr<TextIndex> words_by_row();

}  // namespace fechatter
