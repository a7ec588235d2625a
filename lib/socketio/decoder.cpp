#include "socketio/decoder.hpp"

namespace parley::socketio {

Result<std::optional<Decoded>> Decoder::on_text(std::string_view text) {
  if (pending_) return fail(Errc::bad_request, "text while attachments are missing");
  std::string unescaped;
  auto packet = decode_packet(text, unescaped, *limits_);
  if (!packet) return packet.error();
  if (packet->attachments == 0) {
    Decoded decoded{*packet, {}, nullptr, nullptr};
    if (unescaped.empty() || packet->name.data() != unescaped.data())
      return std::optional{std::move(decoded)};
    decoded.name = std::make_unique<std::string>(std::move(unescaped));
    decoded.packet.name = *decoded.name;
    return std::optional{std::move(decoded)};
  }
  // The text goes before the packet is complete: decode a copy, so that all views point into it.
  pending_ = std::make_unique<Decoded>();
  pending_->text = std::make_unique<std::string>(text);
  pending_->name = std::make_unique<std::string>();
  auto kept = decode_packet(*pending_->text, *pending_->name, *limits_);
  if (!kept) return kept.error();
  pending_->packet = *kept;
  return std::optional<Decoded>{};
}

Result<std::optional<Decoded>> Decoder::on_binary(std::string_view bytes) {
  if (!pending_) return fail(Errc::bad_request, "binary message without a header");
  pending_->attachments.emplace_back(bytes);
  if (pending_->attachments.size() < pending_->packet.attachments) return std::optional<Decoded>{};
  std::optional<Decoded> complete{std::move(*pending_)};
  pending_.reset();
  return complete;
}

}  // namespace parley::socketio
