// How `decide` builds events: revs and seqs of a stream continue from its head row and from what this command drafted before.
#pragma once
#include "sdk/core/catalog.hpp"

namespace fechatter {

class Drafts {
 public:
  explicit Drafts(WorkingSet& set) : set_(set) {}
  /// The rev that the next event of that stream will get (1 for a stream without a head row).
  std::int64_t next_rev(const StreamId&);
  /// An event of a stream's history.
  Event& add(const StreamId&, Body);
  /// A register or a notification: rev 0.
  Event& notify(const StreamId&, Body);
  operator Decision() && { return std::move(effects); }
  Effects effects;

 private:
  WorkingSet& set_;
};

}  // namespace fechatter
