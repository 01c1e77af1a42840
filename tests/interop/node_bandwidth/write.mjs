// Does every write of Bandwidth's own client and prints the statuses as one JSON object.
// node write.mjs BASE USERNAME PASSWORD ACCOUNT APPLICATION CONFERENCE MEMBER OTHER RECORDING
import { CallsApi, ConferencesApi, Configuration, RecordingsApi, StatisticsApi } from "bandwidth-sdk";

const [base, username, password, account, applicationId, conference, member, other, recording] =
  process.argv.slice(2);
const configuration = new Configuration({ username, password, basePath: `${base}/api/v2` });
const calls = new CallsApi(configuration);
const conferences = new ConferencesApi(configuration);
const recordings = new RecordingsApi(configuration);
const url = "https://app.example/redirect";
const bxml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Bxml><SpeakSentence>Hello</SpeakSentence></Bxml>";
const seen = {};

async function status(name, answer) {
  try {
    seen[name] = (await answer).status;
  } catch (error) {
    seen[name] = [error.response.status, error.response.data.description];
  }
}

await status("mute", conferences.updateConferenceMember(account, conference, member, { mute: true }));
await status("coach", conferences.updateConferenceMember(account, conference, member, { callIdsToCoach: [other] }));
await status("bxml", conferences.updateConferenceBxml(account, conference, bxml));
await status("redirect", conferences.updateConference(account, conference, { redirectUrl: url }));
await status("complete", conferences.updateConference(account, conference, { status: "completed" }));
await status("nothing", conferences.updateConference(account, conference, {}));

const made = await calls.createCall(account, {
  to: "+15551112345",
  from: "+15559998765",
  applicationId,
  answerUrl: url,
  tag: "from node",
});
seen.call = made.data;
seen.location = made.headers.location;
await status("callRedirect", calls.updateCall(account, member, { redirectUrl: url }));
await status("callBxml", calls.updateCallBxml(account, member, bxml));
await status("callComplete", calls.updateCall(account, member, { state: "completed" }));
seen.state = (await calls.getCallState(account, member)).data.state;
seen.listed = (await calls.listCalls(account)).data.length;

await status("pause", recordings.updateCallRecordingState(account, member, { state: "paused" }));
seen.recordings = (await recordings.listCallRecordings(account, member)).data.map((each) => each.recordingId);
const sound = await recordings.downloadCallRecording(account, member, recording, { responseType: "arraybuffer" });
seen.sound = Buffer.from(sound.data).toString();
await status("delete", recordings.deleteRecording(account, member, recording));
seen.statistics = (await new StatisticsApi(configuration).getStatistics(account)).data;
console.log(JSON.stringify(seen));
