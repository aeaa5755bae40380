#include "fechatter/server.hpp"
#include "server/fechatterd/assembly.hpp"

namespace fechatter {

struct EmbeddedServer::Impl {
  std::unique_ptr<Assembly> assembly;
};

EmbeddedServer::EmbeddedServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedServer::~EmbeddedServer() { impl_->assembly->drain(1000); }

Result<std::unique_ptr<EmbeddedServer>> EmbeddedServer::start(const Options& options) {
  kit::Config config;
  config.data = options.directory, config.listen = options.listen, config.rate_limits = options.rate_limits, config.log_level = "warn";
  if (auto valid = kit::check(config); !valid) return valid.error();
  auto assembly = Assembly::start(config);
  if (!assembly) return assembly.error();
  return std::unique_ptr<EmbeddedServer>(new EmbeddedServer(std::make_unique<Impl>(Impl{std::move(*assembly)})));
}

const std::string& EmbeddedServer::url() const { return impl_->assembly->url(); }

}  // namespace fechatter
