// Reads one live room with Twilio's own client: node live.mjs BASE ACCOUNT_SID AUTH_TOKEN NAME
import twilio from "twilio";

const [base, account, token, name] = process.argv.slice(2);
const client = twilio(account, token);
client.api.baseUrl = base;
const [room] = await client.conferences.list({ friendlyName: name, status: "in-progress" });
const pages = {};
for (const pageSize of [1, 2, 50, 1000]) {
  pages[pageSize] = (await client.conferences(room.sid).participants.list({ pageSize })).map((one) => one.callSid);
}
console.log(JSON.stringify({ sid: room.sid, status: room.status, pages }));
