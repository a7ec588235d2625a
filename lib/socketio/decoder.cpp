#include "socketio/decoder.hpp"

#include <utility>

namespace parley::socketio {

Result<std::optional<Decoded>> Decoder::on_text(std::string_view text, Findings& findings) {
  if (pending_) return fail(Errc::bad_request, "text while attachments are missing");
  auto packet = decode_packet(text, findings, *limits_);
  if (!packet) return packet.error();
  if (packet->attachments == 0) return std::optional{Decoded{*packet, {}, nullptr}};
  if (text.size() > limits_->max_bytes) return fail(Errc::too_large, "the packet is too large");
  pending_ = std::make_unique<Pending>(Pending{std::string{text},
                                               std::string{packet->nsp},
                                               packet->attachments,
                                               limits_->max_bytes - text.size(),
                                               {}});
  return std::optional<Decoded>{};
}

Result<std::optional<Decoded>> Decoder::on_binary(std::string_view bytes) {
  if (!pending_) return fail(Errc::bad_request, "binary message without a header");
  if (bytes.size() > pending_->room) return fail(Errc::too_large, "the attachments are too large");
  pending_->room -= bytes.size();
  pending_->attachments.emplace_back(bytes);
  if (--pending_->missing > 0) return std::optional<Decoded>{};
  const auto whole = std::exchange(pending_, nullptr);
  Decoded complete{{},
                   std::move(whole->attachments),
                   std::make_unique<Decoded::Kept>(Decoded::Kept{std::move(whole->text), {}})};
  // Once more, so that all views point into what is kept.
  auto packet = decode_packet(complete.kept->text, complete.kept->findings, *limits_);
  if (!packet) return packet.error();
  complete.packet = *packet;
  return std::optional{std::move(complete)};
}

std::optional<std::string_view> Decoder::waiting() const {
  if (!pending_) return std::nullopt;
  return pending_->nsp;
}

}  // namespace parley::socketio
