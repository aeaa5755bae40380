#include "tests/support/memory_rows.hpp"
#include <cstring>

namespace fechatter {
namespace {
void make_absolute(const Type& type, void* row, std::int64_t base) {
  for (const Field& f : type.fields) {
    if (f.type->kind != Kind::position) continue;
    auto& v = *reinterpret_cast<std::int64_t*>(static_cast<char*>(row) + f.offset);
    if (v < 0) v = base - v;
  }
}
}  // namespace

std::shared_ptr<void> MemoryRows::load(const Type& type, const RowKey& key) {
  const auto table = tables_.find(&type);
  if (table == tables_.end()) return nullptr;
  const auto row = table->second.find(key);
  return row == table->second.end() ? nullptr : type.clone(row->second.get());
}

Result<Committed> MemoryRows::commit(const std::vector<Event>& events, const RowChanges& rows, const std::vector<AnyId>& redactions) {
  const auto base = static_cast<std::int64_t>(log.size());
  for (const AnyId& subject : redactions)
    for (LogEvent& e : log)
      if (e.subject == subject && e.type != "reaction_added" && e.type != "reaction_removed") e.payload.clear();
  Committed c{base, base, {}};
  for (const Event& e : events) {
    LogEvent l{++c.to, e.stream, e.rev, e.seq, std::string(e.body.type->name), e.actor, e.command_id, e.subject, e.at, {}};
    if (e.body.value) write_json(*e.body.type, e.body.value.get(), l.payload);
    c.events.push_back(l), unredacted.push_back(l), log.push_back(std::move(l));
  }
  for (const auto& [type, changed] : rows)
    for (const auto& row : changed) {
      auto copy = type->clone(row.get());
      make_absolute(*type, copy.get(), base);
      tables_[type][row_key(*type, copy.get())] = std::move(copy);
    }
  return c;
}

std::vector<std::pair<const Type*, RowKey>> MemoryRows::keys() const {
  std::vector<std::pair<const Type*, RowKey>> list;
  for (const auto& [type, table] : tables_)
    for (const auto& [key, row] : table) list.emplace_back(type, key);
  return list;
}

std::string MemoryRows::dump(bool with_secrets) const {
  std::string out;
  for (const auto& [type, table] : tables_) {
    bool secret = false;
    for (const RowEntry& e : all_rows()) secret |= e.type == type && e.secret;
    if (secret && !with_secrets) continue;
    for (const auto& [key, row] : table) {
      auto copy = type->clone(row.get());
      for (const Field& f : type->fields)
        if (f.type->kind == Kind::position) *reinterpret_cast<std::int64_t*>(static_cast<char*>(copy.get()) + f.offset) = 0;
      out += std::string(type->name) + ' ';
      write_json(*type, copy.get(), out);
      out += '\n';
    }
  }
  return out;
}

}  // namespace fechatter
