// Reads rooms with Bandwidth's own client and prints what it saw as one JSON object.
// node read.mjs BASE USERNAME PASSWORD ACCOUNT CONFERENCE
import { ConferencesApi, Configuration } from "bandwidth-sdk";

const [base, username, password, account, conference] = process.argv.slice(2);
const api = new ConferencesApi(new Configuration({ username, password, basePath: `${base}/api/v2` }));
const seen = { pages: {} };

for (const size of [1, 2, 50, 1000]) {
  const names = [];
  let token;
  do {
    const answer = await api.listConferences(account, undefined, undefined, undefined, size, token);
    names.push(...answer.data.map((room) => room.name));
    const link = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? "");
    token = link ? new URL(link[1]).searchParams.get("pageToken") : undefined;
  } while (token);
  seen.pages[size] = names;
}

const room = (await api.getConference(account, conference)).data;
const [first] = room.activeMembers;
seen.room = room;
seen.member = (await api.getConferenceMember(account, conference, first.callId)).data;
seen.named = (await api.listConferences(account, "standup")).data.map((each) => each.id);
seen.later = (await api.listConferences(account, undefined, room.createdTime)).data.map((each) => each.name);
seen.recordings = (await api.listConferenceRecordings(account, conference)).data;

const refusals = [
  ["401", new ConferencesApi(new Configuration({ username, password: "wrong", basePath: `${base}/api/v2` })), account],
  ["403", api, "not an account id"],
];
seen.refused = {};
for (const [name, refused, whose] of refusals) {
  try {
    await refused.listConferences(whose);
  } catch (error) {
    seen.refused[name] = [error.response.status, error.response.data];
  }
}
try {
  await api.getConference(account, "Conf-id");
} catch (error) {
  seen.refused["404"] = [error.response.status, error.response.data];
}
console.log(JSON.stringify(seen));
