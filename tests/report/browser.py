"""A headless Chromium, driven over its debugging pipe: the few commands that the tests of the report need."""
import json
import os
import subprocess
import tempfile

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--remote-debugging-pipe", "about:blank"]


class Browser:
    def __init__(self, program):
        self.home = tempfile.TemporaryDirectory()
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()

        def place():
            for fd, at in ((os.dup(to_read), 3), (os.dup(back_write), 4)):
                os.dup2(fd, at)

        self.process = subprocess.Popen([program, f"--user-data-dir={self.home.name}", *FLAGS],
                                        preexec_fn=place, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(back_write)
        self.number, self.text, self.events, self.session = 0, b"", [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self):
        self.session = None
        try:
            self.call("Browser.close")
        finally:
            self.process.wait(20)
            self.home.cleanup()

    def read(self):
        while b"\0" not in self.text:
            more = os.read(self.back, 1 << 20)
            if not more:
                raise AssertionError("the browser has gone")
            self.text += more
        message, self.text = self.text.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while (answer := self.read()).get("id") != self.number:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def value(self, script):
        """What a JavaScript expression comes to; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def size(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def key(self, key, code):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, **text)

    def open(self, path):
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        # Charts are drawn when the first frame has told them their width.
        self.value("new Promise(done => { const until = Date.now() + 15000, look = () => "
                   "(document.readyState === 'complete' && document.querySelector('footer p') && "
                   "[...document.querySelectorAll('.chart')].every(chart => chart.firstChild)) || "
                   "Date.now() > until ? done(true) : setTimeout(look, 20); look() })")

    def complaints(self):
        """What went to the console, was thrown, opened a dialogue, or was asked of a network."""
        out = []
        for event in self.events:
            kind, what = event.get("method"), event.get("params", {})
            if kind in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
                        "Page.javascriptDialogOpening"):
                out.append(json.dumps(what)[:600])
            if kind == "Network.requestWillBeSent" and \
                    not what["request"]["url"].startswith(("file:", "about:", "data:")):
                out.append("asked for " + what["request"]["url"])
        return out
