#include "sdk/protocol/sse.hpp"
#include <catch2/catch.hpp>

using namespace fechatter;

static const std::string kStream = ": hello\nevent: hello\ndata: {\"a\":1}\n\nid: c1\r\nevent: event\r\ndata: x\r\ndata: y\r\n\r\nevent: none\n\ndata:z\n\n";

static std::vector<SseFrame> in_pieces(std::size_t size) {
  SseReader reader;
  std::vector<SseFrame> frames;
  for (std::size_t i = 0; i < kStream.size(); i += size) REQUIRE(reader.feed(std::string_view(kStream).substr(i, size), frames));
  return frames;
}

TEST_CASE("frames come out the same, however the bytes are cut") {
  for (std::size_t size = 1; size <= kStream.size(); ++size) {
    const auto frames = in_pieces(size);
    REQUIRE(frames.size() == 3);
    CHECK((frames[0].event == "hello" && frames[0].data == "{\"a\":1}" && frames[0].id.empty()));
    CHECK((frames[1].event == "event" && frames[1].data == "x\ny" && frames[1].id == "c1"));
    CHECK((frames[2].event.empty() && frames[2].data == "z"));
  }
}

TEST_CASE("a frame without end is an error, not a full memory") {
  SseReader reader;
  std::vector<SseFrame> frames;
  const std::string piece(1 << 20, 'x');
  Result<Done> done = Done{};
  for (int i = 0; i < 6 && done; ++i) done = reader.feed(piece, frames);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Code::too_large);
}
