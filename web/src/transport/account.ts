/** What people do with their own account. */
import type { Login, Own } from '../core/wire';
import type { Rest } from './rest';

export class Account {
  constructor(private readonly rest: Rest) {}

  async me(): Promise<Own> {
    return (await this.rest.ask<{ user: Own }>('/api/users/me')).user;
  }

  async save(changes: { name?: string; emailNotifications?: boolean }): Promise<Own> {
    return (await this.rest.ask<{ user: Own }>('/api/users/me', { method: 'PATCH', body: changes })).user;
  }

  /** Ends the other logins. */
  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    await this.rest.ask('/api/auth/change-password', { body: { currentPassword, newPassword } });
  }

  async logins(): Promise<Login[]> {
    return (await this.rest.ask<{ sessions: Login[] }>('/api/auth/sessions')).sessions;
  }

  async endLogin(id: string): Promise<void> {
    await this.rest.ask(`/api/auth/sessions/${id}`, { method: 'DELETE' });
  }

  async delete(password: string): Promise<void> {
    await this.rest.ask('/api/auth/delete-account', { body: { password } });
  }
}
