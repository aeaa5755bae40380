// The full-text index of what is held: the words of a message, and what the operators ask of it, newest first.
#pragma once
#include "sdk/core/messages/messages.hpp"
#include "sdk/store/columns.hpp"

namespace fechatter {

/// Where a message stands in the index: by the second of its creation, the newest first, within it by the row. The index is read as far as
/// somebody looks; it is quicker forwards than backwards. A row is found again by the lower bits.
constexpr int kRowBits = 30;
constexpr std::int64_t kRows = (std::int64_t{1} << kRowBits) - 1;
std::int64_t search_place(Time created_at, std::int64_t rowid);
/// The highest place that a message of that time or a later one can have; those of earlier ones are higher.
std::int64_t last_place(Time);

/// Raised with every change of what search_text() or text::index_text() make of a message: an index must be told what stood in it, so a
/// cache of another version is built anew.
constexpr std::uint32_t kWordsVersion = 0;
/// What stands in the index for it: its words, and marks that no word can be. Empty: nothing to be found.
std::string search_text(const MessageRow&);
/// Marks: everything; a person's; a chat's (two of them may share one, what is found is looked at again); those of has: and is:.
std::string everything_mark();
std::string author_mark(UserId);
std::string chat_mark(ChatId);
namespace mark {
constexpr const char *link = "\u00acl", *reaction = "\u00acr", *mention = "\u00acm", *reply = "\u00acp", *edited = "\u00ace";
}

/// The table has no copy of the texts: what is to go must be told with what stood there.
class HeldIndex : public TextIndex {
 public:
  Result<Done> apply(Database&, const Type&, std::vector<Change>&) override;
};

}  // namespace fechatter
