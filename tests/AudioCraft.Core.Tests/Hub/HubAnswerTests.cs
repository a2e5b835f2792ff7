using System.Text;
using AudioCraft.Hub;

namespace AudioCraft.Tests.Hub;

/// <summary>Error responses, redirects and the handling of the token.</summary>
public class HubAnswerTests
{
    [Theory]
    [InlineData(404, "RepoNotFound", HubError.RepositoryNotFound, "Check the name")]
    [InlineData(404, "RevisionNotFound", HubError.RevisionNotFound, "PretrainedOptions.Revision")]
    [InlineData(404, null, HubError.RepositoryNotFound, "Check the name")]
    [InlineData(401, "RepoNotFound", HubError.Unauthorized, "HF_TOKEN")]
    [InlineData(401, null, HubError.Unauthorized, "HF_TOKEN")]
    [InlineData(403, "GatedRepo", HubError.Gated, "accept them")]
    [InlineData(401, "GatedRepo", HubError.Gated, "org/codec")]
    [InlineData(403, null, HubError.Unauthorized, "HF_TOKEN")]
    [InlineData(418, null, HubError.InvalidResponse, "HF_ENDPOINT")]
    public void Error_response_says_what_to_do(int status, string? code, HubError error, string advice)
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = _ => code is null ? new HubResponse(status, []) : new HubResponse(status, [], ("X-Error-Code", code));
        Assert.Contains(advice, hub.Fails(error).Message, StringComparison.Ordinal);
        Assert.Single(hub.Hub.Requests);
        Assert.Empty(hub.Waits);
    }

    [Fact]
    public void Repository_without_a_model_is_an_error_that_lists_the_needed_files()
    {
        using var hub = new HubFixture();
        hub.Hub.Add("org/pictures", ("cat.png", [1, 2, 3]), ("config.json", "{}"u8.ToArray()));
        Assert.Contains("compression_state_dict.bin", hub.Fails(HubError.FileNotFound, "org/pictures").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_is_sent_only_to_the_Hub()
    {
        using var hub = new HubFixture();
        hub.Find(options: hub.Options with { Token = "hf_secret" });
        hub.HasAll();
        Assert.All(hub.Hub.Requests, request => Assert.Equal("Bearer hf_secret", request.Headers["authorization"]));
        Assert.NotEmpty(hub.Cdn.Requests);
        Assert.All(hub.Cdn.Requests, request => Assert.False(request.Headers.ContainsKey("authorization")));
    }

    [Fact]
    public void Redirect_to_a_renamed_repository_keeps_the_token_on_the_same_host()
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => request.Path.Contains("org/old", StringComparison.Ordinal)
            ? new HubResponse(307, [], ("Location", request.Path.Replace("org/old", "org/codec", StringComparison.Ordinal)))
            : null;
        var found = hub.Find("org/old", hub.Options with { Token = "hf_secret" });
        Assert.Equal(hub.Weights, File.ReadAllBytes(Path.Combine(found, "model.safetensors")));
        Assert.All(hub.Hub.Requests, request => Assert.Equal("Bearer hf_secret", request.Headers["authorization"]));
    }

    [Theory]
    [InlineData("/api/models/org/codec/revision/main")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("http://user:password@127.0.0.1/")]
    [InlineData("http://")]
    public void Circular_and_non_http_redirects_are_errors(string location)
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = _ => new HubResponse(302, [], ("Location", location));
        hub.Fails(HubError.InvalidResponse);
    }

    [Fact]
    public void Description_from_another_host_is_rejected()
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => request.Path.StartsWith("/api/", StringComparison.Ordinal) ? new HubResponse(302, [], ("Location", $"{hub.Cdn.Address}api")) : null;
        hub.Fails(HubError.InvalidResponse);
        Assert.Empty(hub.Cdn.Requests);
    }

    [Fact]
    public void HttpClient_that_follows_redirects_is_an_error_that_says_how_to_create_one()
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => request.Path.StartsWith("/api/", StringComparison.Ordinal) ? new HubResponse(302, [], ("Location", $"{hub.Cdn.Address}api")) : null;
        using var client = new HttpClient();
        Assert.Contains("AllowAutoRedirect", hub.Fails(HubError.InvalidResponse, options: hub.Options with { HttpClient = client }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Custom_HttpClient_is_used()
    {
        using var hub = new HubFixture();
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        client.DefaultRequestHeaders.Add("X-Mine", "yes");
        hub.Find(options: hub.Options with { HttpClient = client });
        Assert.All(hub.Hub.Requests, request => Assert.Equal("yes", request.Headers["x-mine"]));
    }

    [Theory]
    [InlineData("{\"sha\": \"../../../../etc\", \"siblings\": []}")]
    [InlineData("{\"sha\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\", \"siblings\": []}")]
    [InlineData("{\"sha\": 7, \"siblings\": []}")]
    [InlineData("{\"siblings\": []}")]
    [InlineData("{\"sha\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"siblings\": {}}")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("")]
    public void Invalid_description_is_an_error(string json)
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => request.Path.StartsWith("/api/", StringComparison.Ordinal) ? new HubResponse(200, Encoding.UTF8.GetBytes(json)) : null;
        hub.Fails(HubError.InvalidResponse);
    }

    [Fact]
    public void Endless_description_is_not_read_to_its_end()
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = _ => new HubResponse(200, new byte[20 << 20]) { Announced = -1 };
        hub.Fails(HubError.InvalidResponse);
    }

    [Theory]
    [InlineData("../../../outside")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData(".hidden")]
    [InlineData("")]
    public void ETag_that_is_a_path_is_rejected(string etag)
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => request.Method == "HEAD" ? new HubResponse(200, new byte[5], ("ETag", $"\"{etag}\"")) : null;
        hub.Fails(HubError.InvalidResponse);
    }

    [Fact]
    public void File_of_unknown_or_negative_length_is_an_error()
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => request.Method == "HEAD" ? new HubResponse(200, [], ("ETag", "\"abc\"")) { Announced = -1 } : null;
        hub.Fails(HubError.InvalidResponse);
        hub.Hub.Misbehave = request => request.Method == "HEAD" ? new HubResponse(302, [], ("Location", "/x"), ("X-Linked-ETag", "\"abc\""), ("X-Linked-Size", "-5")) : null;
        hub.Fails(HubError.InvalidResponse);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("org/../evil")]
    [InlineData("/nowhere/passwd")]
    [InlineData("org/name/more")]
    [InlineData("org\\name")]
    [InlineData("org/na--me")]
    [InlineData("org/.name")]
    [InlineData("org/name.git")]
    [InlineData("org/name?x=1")]
    [InlineData("org/na%2e%2e")]
    [InlineData("org/")]
    [InlineData("")]
    public void Invalid_repository_name_sends_no_request(string name)
    {
        Assert.Null(RepoId.TryParse(name));
        using var hub = new HubFixture();
        Assert.ThrowsAny<Exception>(() => hub.Find(name));
        Assert.Empty(hub.Hub.Requests);
        Assert.False(Directory.Exists(hub.Cache));
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("a//b")]
    [InlineData("a\\b")]
    [InlineData("C:x")]
    [InlineData("nul")]
    [InlineData("x/CON.txt")]
    [InlineData("a\0b")]
    [InlineData("a.")]
    [InlineData("/a")]
    public void File_or_branch_that_leads_out_of_the_cache_is_rejected(string name)
    {
        Assert.False(HubPath.IsInside(name));
        using var hub = new HubFixture();
        Assert.Equal("options", Assert.Throws<ArgumentException>(() => hub.Find(options: hub.Options with { Revision = name })).ParamName);
        var cache = new HubCache(hub.Cache, RepoId.TryParse("org/codec")!);
        Assert.Equal(HubError.InvalidResponse, Assert.Throws<HubException>(() => cache.InSnapshot(LocalHub.Commit, name)).Error);
        Assert.Empty(hub.Hub.Requests);
    }

    [Fact]
    public void Index_with_files_in_other_directories_is_rejected()
    {
        using var hub = new HubFixture();
        hub.Hub.Add("org/sharded", ("config.json", "{}"u8.ToArray()), ("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../../../x.safetensors\"}}"u8.ToArray()));
        Assert.Contains("../../../x.safetensors", Assert.Throws<CheckpointException>(() => hub.Find("org/sharded")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_files_of_an_index_are_downloaded()
    {
        using var hub = new HubFixture();
        hub.Hub.Add(
            "org/sharded", ("config.json", "{}"u8.ToArray()), ("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"one.safetensors\", \"b\": \"two.safetensors\"}}"u8.ToArray()),
            ("one.safetensors", HubFixture.Bytes(2000)), ("two.safetensors", HubFixture.Bytes(3000)));
        var found = hub.Find("org/sharded");
        Assert.Equal((2000, 3000), (new FileInfo(Path.Combine(found, "one.safetensors")).ResolveLinkTarget(true) is FileInfo a ? a.Length : 0, File.ReadAllBytes(Path.Combine(found, "two.safetensors")).Length));
        Assert.Equal(found, hub.Find("org/sharded", hub.Options with { Offline = true }));
    }

    [Fact]
    public void ToString_of_the_options_hides_the_token() =>
        Assert.DoesNotContain("hf_secret", new PretrainedOptions { Token = "hf_secret" }.ToString(), StringComparison.Ordinal);
}
