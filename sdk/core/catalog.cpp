#include "sdk/core/catalog.hpp"

namespace fechatter {

extern const Feature accounts_feature, workspaces_feature, chats_feature, members_feature, messages_feature, reactions_feature, reads_feature, live_feature;

std::span<const Feature* const> features() {
  static constexpr const Feature* all[] = {
      &accounts_feature, &workspaces_feature, &chats_feature, &members_feature, &messages_feature, &reactions_feature, &reads_feature, &live_feature,
  };
  return all;
}

std::span<const RowEntry> all_rows() {
  static const std::vector<RowEntry> rows = [] {
    std::vector<RowEntry> list;
    for (const Feature* f : features()) list.insert(list.end(), f->rows.begin(), f->rows.end());
    return list;
  }();
  return rows;
}

const EventEntry* find_event(StreamKind stream, std::string_view type) {
  for (const Feature* f : features())
    for (const EventEntry& e : f->events)
      if (e.stream == stream && e.type->name == type) return &e;
  return nullptr;
}

const EventEntry* find_event(StreamKind stream, const Type* type) {
  for (const Feature* f : features())
    for (const EventEntry& e : f->events)
      if (e.stream == stream && e.type == type) return &e;
  return nullptr;
}

const CommandEntry* find_command(std::string_view name) {
  for (const Feature* f : features())
    for (const CommandEntry& c : f->commands)
      if (c.type->name == name) return &c;
  return nullptr;
}

const CallEntry* find_call(std::string_view name) {
  for (const Feature* f : features())
    for (const CallEntry& c : f->calls)
      if (c.name == name) return &c;
  return nullptr;
}

}  // namespace fechatter
