// The full screen: chats left, the open chat right, one line to write in, an honest state line.
#pragma once
#include <signal.h>
#include <set>
#include "../app.hpp"

namespace terminal {

/// On a screen that curses has opened.
class Screen {
 public:
  explicit Screen(App&);
  /// Until somebody quits, a signal ends it (`end` becomes 1) or the terminal is gone. What was typed and not sent is kept: else its error.
  Result<Done> run(const volatile sig_atomic_t& end);

 private:
  // --- keys
  void press(int key);
  void paste(int key);
  void write(char);
  void erase_character();
  void step(int by, bool unread);
  void page_up();
  void page_down();

  // --- what they do
  void show(ChatId);
  void follow();
  void to_newest();
  void mark_read();
  void enter();
  void send(const std::string& body);
  void forget_draft();
  void note(const std::string& text) { note_ = text, dirty_ = true; }
  template <class T> bool told(const Result<T>& r) { return note(r ? "" : r.error().message), static_cast<bool>(r); }

  // --- commands; false: not done, the line stays
  void command(const std::string& line);
  bool quit(const std::string&);
  bool go(const std::string& name);
  bool leave(const std::string&);
  bool make(const std::string& name);
  bool edit(const std::string& text);
  bool remove(const std::string&);
  bool react(const std::string& emoji);
  bool search(const std::string& query);
  bool retry(const std::string&);
  bool discard(const std::string&);
  const TimelineItem* last_own() const;
  MessageId first_failed();

  // --- drawing
  struct Line {
    std::string text;
    int look;
    MessageId of;
  };
  void draw();
  void draw_chats(int side, int bottom) const;
  void draw_messages(int x, int width, int bottom);
  void draw_state(const std::vector<std::string>& lines, int row) const;
  std::vector<Line> lines_of(int width) const;
  std::vector<std::string> state() const;
  int hold_place(const std::vector<Line>&, int bottom);

  App& app_;
  std::unique_ptr<ChatList> list_;
  std::unique_ptr<Timeline> timeline_;
  ChatId open_;
  std::string input_, note_;
  std::set<std::string> typing_;
  Handle older_, newer_, leaving_, found_;
  int scroll_ = 0;                   // lines that are not shown below the view
  struct Place {
    MessageId last;                  // the message of the view's last line
    int below = 0;                   // lines behind that message when it was drawn
  };
  std::optional<Place> place_;       // none: at the newest message, whatever comes
  bool dirty_ = true, quit_ = false, pasting_ = false;
};

}  // namespace terminal
