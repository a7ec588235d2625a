#include "socketio/decoder.hpp"

namespace parley::socketio {

Result<std::optional<Decoded>> Decoder::on_text(std::string_view text, Findings& findings) {
  if (pending_) return fail(Errc::bad_request, "text while attachments are missing");
  auto packet = decode_packet(text, findings, *limits_);
  if (!packet) return packet.error();
  if (packet->attachments == 0) return std::optional{Decoded{*packet, {}, nullptr}};
  // The text goes before the packet is complete: decode a copy, so that all views point into it.
  pending_ = std::make_unique<Decoded>();
  pending_->kept = std::make_unique<Decoded::Kept>(Decoded::Kept{std::string{text}, {}});
  auto again = decode_packet(pending_->kept->text, pending_->kept->findings, *limits_);
  if (!again) return again.error();
  pending_->packet = *again;
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
