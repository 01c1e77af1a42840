// Makes every write of the conference API with Twilio's own client and prints what it was answered.
// node write.mjs BASE ACCOUNT_SID AUTH_TOKEN TO
import twilio from "twilio";

const [base, account, token, to] = process.argv.slice(2);
const client = twilio(account, token);
client.api.baseUrl = base;
const from = "+15550100";
const seen = {};

const added = await client.conferences("node room").participants.create({
  from,
  to,
  label: "first",
  beep: "onEnter",
  muted: false,
  waitUrl: "",
  endConferenceOnExit: false,
  statusCallback: "http://app.example/call",
  statusCallbackEvent: ["initiated", "completed"],
  conferenceStatusCallback: "http://app.example/room",
  conferenceStatusCallbackEvent: ["start", "end", "join"],
  timeout: 20,
});
seen.added = [added.status, added.label, typeof added.queueTime, added.callSid.slice(0, 2)];
const second = await client.conferences(added.conferenceSid).participants.create({ from, to, label: "second" });
const room = client.conferences(added.conferenceSid);
const first = room.participants("first");
seen.muted = (await first.update({ muted: true })).muted;
seen.held = (await first.update({ hold: true, holdUrl: "http://app.example/music", holdMethod: "GET" })).hold;
seen.ends = (await first.update({ endConferenceOnExit: true, beepOnExit: true })).endConferenceOnExit;
seen.announced = (await first.update({ hold: false, announceUrl: "http://app.example/news" })).hold;
seen.announcedToAll = (await room.update({ announceUrl: "http://app.example/news" })).friendlyName;
seen.listed = (await room.participants.list()).map((one) => one.label);
seen.kicked = await room.participants(second.callSid).remove();
seen.left = (await room.participants.list()).map((one) => one.label);
const ended = await room.update({ status: "completed" });
seen.ended = [ended.status, ended.reasonConferenceEnded, ended.callSidEndingConference];

const call = await client.calls.create({ from, to, twiml: "<Response><Pause/></Response>", timeLimit: 60 });
seen.call = [call.status, call.direction, call.to === to];
seen.canceled = (await client.calls(call.sid).update({ status: "canceled" })).status;
seen.calls = (await client.calls.list({ to, status: "canceled" })).map((one) => one.sid === call.sid);
seen.deleted = await client.calls(call.sid).remove();

const refused = async (ask) => {
  try {
    await ask();
    return null;
  } catch (error) {
    return [error.status, error.code];
  }
};
seen.refused = {
  to: await refused(() => client.conferences("r").participants.create({ from, to: "?" })),
  label: await refused(() => client.conferences("r").participants.create({ from, to, label: "a/b" })),
  gone: await refused(() => first.update({ muted: true })),
  over: await refused(() => client.calls(added.callSid).update({ twiml: "<Response/>" })),
};
console.log(JSON.stringify(seen));
