// Reads one live room with Bandwidth's own client: node live.mjs BASE USERNAME PASSWORD ACCOUNT NAME
import { ConferencesApi, Configuration } from "bandwidth-sdk";

const [base, username, password, account, name] = process.argv.slice(2);
const api = new ConferencesApi(new Configuration({ username, password, basePath: `${base}/api/v2` }));
const [listed] = (await api.listConferences(account, name)).data;
const room = (await api.getConference(account, listed.id)).data;
const members = [];
for (const member of room.activeMembers) {
  members.push((await api.getConferenceMember(account, room.id, member.callId)).data.callId);
}
console.log(JSON.stringify({ id: room.id, members }));
