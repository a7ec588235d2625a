/**
 * The models of the Node.js backend that Parley replaces, as its users had them in their database, and what its
 * services did with them. Written for these tests from the schemas' description.
 */
import bcrypt from 'bcryptjs';
import mongoose from 'mongoose';

const { Schema } = mongoose;
const { ObjectId } = Schema.Types;

const userSchema = new Schema({
  username: { type: String, required: true },
  email: { type: String, required: true, unique: true },
  password: { type: String, required: true },
  lastSeen: { type: Date },
}, { timestamps: true });

const conversationSchema = new Schema({
  participants: [{ type: ObjectId, ref: 'User', required: true }],
  lastMessage: { type: String, default: '' },
  lastMessageAt: { type: Date, default: Date.now },
  unreadCount: { type: Map, of: Number, default: {} },
}, { timestamps: true });
conversationSchema.index({ participants: 1 });
conversationSchema.index({ lastMessageAt: -1 });

const messageSchema = new Schema({
  sender: { type: ObjectId, ref: 'User', required: true },
  receiver: { type: ObjectId, ref: 'User', required: true },
  conversationId: { type: ObjectId, ref: 'Conversation', required: true },
  content: { type: String, required: true },
  status: { type: String, enum: ['sent', 'delivered', 'read'], default: 'sent' },
  deliveredAt: { type: Date },
  readAt: { type: Date },
}, { timestamps: true });
messageSchema.index({ conversationId: 1, createdAt: -1 });
messageSchema.index({ receiver: 1, status: 1 });

/** The original's services on one database. */
export class Original {
  static async connect(uri) {
    const original = new Original();
    original.connection = await mongoose.createConnection(uri, { serverSelectionTimeoutMS: 10_000 }).asPromise();
    original.User = original.connection.model('User', userSchema);
    original.Conversation = original.connection.model('Conversation', conversationSchema);
    original.Message = original.connection.model('Message', messageSchema);
    for (const model of [original.User, original.Conversation, original.Message]) await model.init();
    return original;
  }

  /** A user whose password was hashed by the original (bcrypt, cost 10). */
  async register(username, email, password) {
    return this.User.create({ username, email, password: await bcrypt.hash(password, 10) });
  }

  /** Whether that password is the user's, as the original's login asked. */
  async login(email, password) {
    const user = await this.User.findOne({ email });
    return Boolean(user) && bcrypt.compare(password, user.password);
  }

  /** Stores a message as the original did: the conversation first, then the message, then what the list shows. */
  async send(sender, receiver, content) {
    let conversation = await this.Conversation.findOne({ participants: { $all: [sender, receiver] } });
    conversation ??= await this.Conversation.create({ participants: [sender, receiver], unreadCount: { [receiver]: 0 } });
    const message = await this.Message.create({ sender, receiver, conversationId: conversation._id, content });
    await this.Conversation.updateOne({ _id: conversation._id }, {
      $set: { lastMessage: content, lastMessageAt: message.createdAt }, $inc: { [`unreadCount.${receiver}`]: 1 },
    });
    return message;
  }

  /** What the original did when a receiver's device had a message: its unread count went to 0 at once. */
  async deliver(message) {
    await this.Message.updateOne({ _id: message._id }, { $set: { status: 'delivered', deliveredAt: new Date() } });
    await this.Conversation.updateOne({ _id: message.conversationId }, { $set: { [`unreadCount.${message.receiver}`]: 0 } });
  }

  async read(message) {
    await this.Message.updateOne({ _id: message._id }, { $set: { status: 'read', readAt: new Date() } });
  }

  async close() {
    await this.connection.close();
  }
}
